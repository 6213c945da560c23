"""``apprentice eval reading``."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from training.student.prompt import parse_prompt, shipped_text

CASES = [
    {
        "id": "oven",
        "question": "how hot?",
        "text": "# Bread\noven: 230 °C\n",
        "lines": [2],
        "tags": ["notes"],
    },
    {"id": "rest", "question": "how long does it rest?", "text": "# Bread\noven: 230 °C\n"},
]


@pytest.fixture
def cases(tmp_path: Path) -> str:
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(case) + "\n" for case in CASES))
    return str(file)


@pytest.mark.usefixtures("nothing_shipped")
def test_a_student_that_does_not_point_is_wrong_usage(cases: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "reading", "--cases", cases]) == 2
    assert "its prompt has no [reading]" in capfd.readouterr().err


@pytest.mark.gguf
@pytest.mark.usefixtures("nothing_shipped")
def test_the_embedded_student_is_judged_and_fitted(
    cases: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    prompt, fitted = tmp_path / "reading.toml", tmp_path / "fitted.toml"
    prompt.write_text(shipped_text("reading"))
    monkeypatch.setenv("APPRENTICE_STUDENT__PROMPT", str(prompt))
    output = tmp_path / "out.jsonl"
    arguments = ["eval", "reading", "--cases", cases, "--fit", str(fitted), "--output", str(output)]
    assert main([*arguments, "--json"]) == 0
    facts: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert (facts["cases"], facts["with_a_line"], facts["without_a_line"]) == (2, 1, 1)
    assert facts["fitted"].keys() >= {"likeness", "written", "absent", "sure", "possible"}
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()] == ["oven", "rest"]
    reading = parse_prompt(fitted.read_text(), "fitted.toml").reading
    assert reading is not None
    assert reading.sure == facts["fitted"]["sure"]
    assert main(["eval", "reading", "--cases", cases]) == 0
    assert re.search(r"one of three lines +1", capfd.readouterr().out)
