"""Programs that only read by their entry, really run with every option that it lists: nothing is written."""

import hashlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.permissions.flags_from_help import commands
from tests.tools.permissions.judging import judge

pytestmark = [
    pytest.mark.bubblewrap,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bwrap"),
]
_ENDLESS = frozenset({"tail", "head", "free"})
_ELSEWHERE = frozenset({"pip", "docker", "kubectl", "cargo", "ruff", "go", "npm", "curl"})


def read_commands() -> Iterator[str]:
    """Commands that pass by a rule for their program: one for each option of each installed reader."""
    for words, program in commands():
        if program.kind != "reads" or program.subcommands or words[0] in _ENDLESS | _ELSEWHERE:
            continue
        valued = [f"{option} 1" for option in program.with_value]
        for option in sorted([*program.without_value, *program.maybe_value, *valued]):
            yield f"{' '.join(words)} {option} a.txt"


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_D03_what_only_reads_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("b 2\na 1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "a.txt"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    passing = [
        command
        for command in read_commands()
        if judge(command, [f"run_shell({command.split()[0]} *)"]).verdict == "allow"
    ]
    lines = [f"timeout 1 {shlex.join(shlex.split(each))} </dev/null >/dev/null 2>&1" for each in passing]
    script = "\n".join([*lines, "echo all > done"])
    before = contents(tmp_path)
    folder = str(tmp_path)

    sealed = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run"]
    sealed += ["--bind", folder, folder, "--ro-bind", f"{folder}/.git", f"{folder}/.git", "--chdir", folder]
    subprocess.run(
        [*sealed, "--unshare-all", "--die-with-parent", "bash", "-c", script], check=False, timeout=100
    )

    assert len(passing) > 500
    (tmp_path / "done").unlink()
    assert contents(tmp_path) == before
