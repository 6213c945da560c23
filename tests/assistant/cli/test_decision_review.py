"""``apprentice decisions good|bad|correct``: a word on a decision, and the label that comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assistant.cli.main import cli
from training.events import open_log
from training.events.base import EventType
from training.events.decisions import DecisionRecorder, history
from training.labels import label_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def made(folder: Path) -> str:
    log = open_log(folder)
    selection = DecisionRecorder(log, "s").selected(
        context={"request": "run the tests"},
        tools_available=[{"name": "run_tests"}],
        tool_selected="run_tests",
    )
    log.close()
    return selection.event_id


def say(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["decisions", *arguments, "--log", str(folder)])


def label(folder: Path) -> Any:
    log = open_log(folder)
    (row,) = history(log)
    log.close()
    return label_of(row)


def test_good_and_bad_with_a_reason(folder: Path, made: str) -> None:
    assert "said +1.0: you said that it was right" in say(folder, "good", made).stdout
    assert "said -1.0" in say(folder, "bad", made, "--reason", "not here").stdout
    assert (label(folder).verdict, label(folder).reason) == ("negative", "not here")


def test_a_correction_is_a_call_or_an_answer(folder: Path, made: str) -> None:
    found = say(folder, "correct", made, "run_shell", '{"command": "make check"}', "--json")
    assert json.loads(found.stdout)["label"]["verdict"] == "correction"
    assert (label(folder).tool, label(folder).arguments) == ("run_shell", {"command": "make check"})
    assert say(folder, "correct", made, "--answer", "There are none.").exit_code == 0
    assert (label(folder).tool, label(folder).arguments) == ("answer", {"text": "There are none."})


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("run_shell", "{"), "no JSON"),
        (("run_shell", "[]"), "JSON object"),
        (("run_shell", "{}"), "command"),
        (("fly", "{}"), "there is no tool fly"),
        ((), "give a TOOL"),
        (("run_shell", "{}", "--answer", "x"), "give a TOOL"),
    ],
)
def test_what_cannot_be_right_is_not_recorded(
    folder: Path, made: str, arguments: tuple[str, ...], wrong: str
) -> None:
    found = say(folder, "correct", made, *arguments)
    assert found.exit_code == 2 and wrong in found.stderr
    log = open_log(folder)
    assert not list(log.read(event_type=EventType.DECISION_REVIEWED))
    log.close()


def test_a_decision_that_is_not_there(folder: Path, made: str) -> None:
    found = say(folder, "good", "nothing")
    assert found.exit_code == 1 and "no decision has the event 'nothing'" in found.stderr


def test_list_and_show_say_who_was_right(folder: Path, made: str) -> None:
    say(folder, "bad", made)
    assert "said -1.0" in say(folder, "list").stdout
    assert "label: said -1.0: you said that it was wrong" in say(folder, "show", made).stdout
    assert json.loads(say(folder, "list", "--json").stdout)[0]["label"]["source"] == "said"
