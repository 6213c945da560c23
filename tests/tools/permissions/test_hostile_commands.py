"""Commands that hide what they run, write or send, a line each in ``hostile.jsonl``.

The person allowed every program in them by a rule that ends in ``*``: none may pass by it. Where they deny
``rm`` and allow the rest, nothing that runs ``rm`` may pass.
"""

import json
import re
from pathlib import Path

import pytest

from tests.tools.permissions.judging import book, shell
from tools.calls import Risk
from tools.permissions.judgement import Mode
from tools.permissions.words import names

COMMANDS = [
    json.loads(line)["command"]
    for line in Path(__file__).with_name("hostile.jsonl").read_text(encoding="utf-8").splitlines()
]
NOT_RUN = {
    "cat <<EOF > .bashrc\nrm x\nEOF": "it is written",
    "ls\u00a0rm x": "to bash this blank is a letter",
    "ls\u2003rm x": "to bash this blank is a letter",
    "ls x;\u3000rm x": "to bash this blank is a letter",
}
_KEYWORDS = names("if then fi do done case esac for while until select in function")


def allowed_by_a_star(command: str) -> bool:
    """Whether rules that name every program in ``command``, but the one that stands for harm, let it pass."""
    words = set(re.findall(r"[A-Za-z][\w.-]*", command)) - {"rm", "evil"} - _KEYWORDS
    permissions = book([f"run_shell({name} *)" for name in (*words, "[", ".")])
    return permissions.judge(shell(command), Risk.EXECUTE).verdict == "allow"


def test_D02_D03_D05_D06_D08_a_star_covers_none_of_them() -> None:
    assert len(COMMANDS) > 900
    assert list(filter(allowed_by_a_star, COMMANDS)) == []


@pytest.mark.parametrize(("allow", "mode"), [(["run_shell"], "ask"), ([], "auto")])
def test_D02_D03_what_hides_a_denied_program_does_not_pass(allow: list[str], mode: Mode) -> None:
    permissions = book(allow, deny=["run_shell(rm *)"], mode=mode)
    hiding = [command for command in COMMANDS if re.search(r"\brm\b", command) and command not in NOT_RUN]

    passed = [c for c in hiding if permissions.judge(shell(c), Risk.EXECUTE).verdict == "allow"]

    assert len(hiding) > 400
    assert passed == []
