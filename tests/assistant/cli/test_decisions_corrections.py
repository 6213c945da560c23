"""``apprentice decisions corrections|forget|widen``, and what ``show`` says of a correction."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.cli.main import cli
from tests.training.corrections.making import CHECK, corrected, decided
from training.events import open_log

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(
        cli, ["decisions", *arguments, "--log", str(tmp_path / "log")]
    )


@pytest.fixture
def ids(tmp_path: Path) -> tuple[str, str]:
    """A correction of this folder, and a decision that followed it."""
    log = open_log(tmp_path / "log")
    first = corrected(log, "run the tests\x1b[2J", workspace=str(tmp_path))
    corrected(log, "lint it", workspace="/elsewhere")
    seen = {
        "id": first,
        "at": "2025-11-03T12:00:00+00:00",
        "request": "run the tests",
        "workspace": str(tmp_path),
    }
    second = decided(log, "execute the tests", CHECK, workspace=str(tmp_path), correction=seen)
    log.close()
    return first, second


def counts(run: Run, *options: str) -> dict[str, str]:
    listed = run("corrections", "--json", *options)
    assert listed.exit_code == 0
    return {one["request"][:13]: one["counts"] for one in json.loads(listed.stdout)}


def test_those_of_this_folder_are_listed_inert(run: Run, ids: tuple[str, str]) -> None:
    text = run("corrections").output
    assert "run the tests" in text and "\x1b" not in text and "lint it" not in text
    assert 'run_shell(command="make check")' in text and "counts in this project" in text
    assert set(counts(run, "--all")) == {"run the tests", "lint it"}


def test_forgetting_and_widening_by_either_id_and_back(run: Run, ids: tuple[str, str]) -> None:
    for event_id in ids:
        assert "forgotten" in run("forget", event_id).output
        assert counts(run)["run the tests"] == "forgotten"
        assert run("forget", event_id).exit_code == 0  # said again, nothing changes
        assert counts(run)["run the tests"] == "forgotten"
        assert "counts again" in run("forget", event_id, "--undo").output
        run("widen", event_id)
        assert counts(run)["run the tests"] == "counts in all projects"
        run("widen", event_id, "--undo")
        assert counts(run)["run the tests"] == "counts in this project"


def test_show_says_why(run: Run, ids: tuple[str, str]) -> None:
    text = run("show", ids[1]).output
    assert "because: you corrected this on 3 November 2025: run the tests" in text
    assert "correction: counts in this project" in text


def test_what_is_no_correction_is_refused(run: Run, tmp_path: Path, ids: tuple[str, str]) -> None:
    refused = run("forget", "nothing")
    assert refused.exit_code == 1 and "no correction belongs to nothing" in refused.output


def test_without_a_log_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert "no corrections yet" in CliRunner().invoke(cli, ["decisions", "corrections"]).output
