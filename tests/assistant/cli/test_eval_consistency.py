"""``apprentice eval consistency`` over a student behind a loopback endpoint."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from tests.assistant.cli.endpoint import Endpoint
from tests.training.student.loopback import Reply, called

RIGHT = [{"tool": "read_file", "arguments": {"path": ["a.py"]}}]


def write(folder: Path, *cases: dict[str, Any]) -> Path:
    file = folder / "paraphrases.jsonl"
    file.write_text("\n".join(json.dumps({"expected": RIGHT, **one}) for one in cases), encoding="utf-8")
    return file


def decide(body: dict[str, Any]) -> Reply:
    """Takes the other file where it is asked for bluntly and the first tool is another than usual."""
    blunt = body["messages"][-1]["content"] == "a.py!"
    first = body["tools"][0]["function"]["name"]
    return called(("read_file", {"path": "b.py" if blunt and first != "read_file" else "a.py"}))


@pytest.mark.slow
def test_groups_and_orders_in_json_and_as_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = write(
        tmp_path,
        {"id": "1", "request": "open a.py", "group": "a"},
        {"id": "2", "request": "a.py!", "group": "a"},
        {"id": "3", "request": "show a.py", "group": "b"},
    )
    target = tmp_path / "out.jsonl"
    with Endpoint(decide) as endpoint:
        given = ["eval", "consistency", "--cases", str(file), "--orders", "1", "--model", endpoint.url]
        assert main([*given, "--json", "--output", str(target)]) == 0
        facts = json.loads(capfd.readouterr().out)
        assert main([*given, "--selection", "all"]) == 0
        shown = capfd.readouterr().out
        assert main([*given, "--json", "--limit", "1"]) == 0
        part = json.loads(capfd.readouterr().out)
    assert (facts["cases"], facts["asks"]["same"], facts["asks"]["right"]) == (6, 0.8333, 0.8333)
    assert facts["groups"] == {"count": 2, "same": 0.5, "right": 0.5}
    assert facts["failures"][0]["others"] == [{"id": "2@1", "request": "a.py!"}]
    assert "1 groups were not decided the same" in shown and "b.py" in shown
    assert (part["cases"], part["groups"]["count"]) == (4, 1)
    assert len(target.read_text("utf-8").splitlines()) == 6


def test_a_case_without_a_group_is_wrong_usage(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, {"id": "1", "request": "open a.py"})
    assert main(["eval", "consistency", "--cases", str(file)]) == 2
    assert 'the case 1 has no "group"' in capfd.readouterr().err
