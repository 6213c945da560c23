"""``apprentice learn``: what it asks for, what it says of what came of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import learning_job, paths
from assistant.cli.main import main
from tests.training.corrections.making import HERE, corrected
from training.events import open_log

ROOT = Path(__file__).parents[3]
REQUESTS = ("run the tests", "what changed?", "show me the config", "lint the code", "start the server")


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["learn", "--yes", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def correct(requests: Sequence[str], workspace: str) -> None:
    log = open_log(paths.events_dir())
    for request in requests:
        corrected(log, request, workspace=workspace)
    log.close()


def test_without_a_log_there_is_not_enough(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, found = ran(capsys)
    assert code == 1
    assert set(found) == {"status", "student", "corrections", "before", "after", "elapsed_s", "why"}
    assert (found["status"], found["corrections"]) == ("not_enough", 0)
    assert found["why"].startswith("0 of at least 5 corrections")


def test_corrections_of_another_project_do_not_count(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(REQUESTS, HERE)
    correct(REQUESTS[:2], str(tmp_path))
    monkeypatch.chdir(tmp_path)
    code, found = ran(capsys, "--project", str(tmp_path))
    assert (code, found["status"], found["corrections"]) == (1, "not_enough", 2)


@pytest.mark.slow
def test_what_did_not_win_is_refused_with_its_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(REQUESTS, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(learning_job, "WORK", "tests.assistant.cli.learning_works:refused")
    code, found = ran(capsys, "--project", str(tmp_path))
    assert (code, found["status"], found["student"]) == (1, "refused", "abc")
    assert found["before"]["kept wordings"]["right_calls"] == 0
    assert found["why"] == "no clear improvement"


@pytest.mark.slow
def test_a_job_that_failed_is_refused_and_can_be_resumed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(REQUESTS, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(learning_job, "WORK", "tests.assistant.cli.learning_works:failed")
    code, found = ran(capsys, "--project", str(tmp_path))
    assert (code, found["status"]) == (1, "refused")
    assert found["why"].startswith("no sandbox here; apprentice jobs resume ")
