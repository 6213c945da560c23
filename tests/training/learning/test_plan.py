"""What is to be learned: which corrections count, and when there are enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.corrections.making import CHECK, HERE, THERE, corrected, decided
from tools.registry import builtin_registry
from training.corrections.book import Corrections, change
from training.events import open_log
from training.events.base import EventLog
from training.learning.plan import LEAST, Plan, plan

TOOLS = builtin_registry().signatures()
REQUESTS = ("run the tests", "what changed?", "show me the config", "lint the code", "start the server")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = open_log(tmp_path / "log")
    yield opened
    opened.close()


def planned(log: EventLog, student: str = "") -> Plan:
    book = Corrections(log)
    book.refresh()
    return plan(book, HERE, TOOLS, student)


def requests(found: Plan) -> list[str]:
    return [one.request for one in found.corrections]


def test_the_corrections_of_this_project_are_learned(log: EventLog) -> None:
    for request in REQUESTS:
        corrected(log, request)
    corrected(log, "deploy it", workspace=THERE)
    decided(log, "list the files")
    found = planned(log)
    assert requests(found) == list(REQUESTS)
    assert len(found.corrections) >= LEAST
    assert found.missing == ""


def test_a_widened_one_is_learned_anywhere(log: EventLog) -> None:
    change(log, [corrected(log, "deploy it", workspace=THERE)], "widened")
    assert requests(planned(log)) == ["deploy it"]


def test_too_few_are_said_with_what_is_missing(log: EventLog) -> None:
    corrected(log, "run the tests")
    assert planned(log).missing.startswith("1 of at least 5 corrections to learn; correct 4 more decisions")


def test_what_was_forgotten_or_learned_by_the_serving_student_is_left(log: EventLog) -> None:
    ids = [corrected(log, request) for request in REQUESTS]
    change(log, ids[:1], "forgotten")
    change(log, ids[1:3], "learned", student="abc")
    found = planned(log, "abc")
    assert requests(found) == list(REQUESTS[3:])
    assert [one.request for one in found.known] == list(REQUESTS[1:3])
    assert "2 were learned already" in found.missing
    assert requests(planned(log, "def")) == list(REQUESTS[1:])


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (("answer", {}), "does not say what to answer"),
        (("mcp_deploy", {}), "is not built in"),
        (("read_file", {}), "does not fit"),
    ],
)
def test_what_was_not_stated_is_left_out_and_said(
    log: EventLog, call: tuple[str, dict[str, str]], why: str
) -> None:
    corrected(log, "do the usual", call)
    found = planned(log)
    assert requests(found) == []
    assert why in found.left_out["do the usual"]
    assert why in found.missing


def test_of_the_same_request_the_newest_counts(log: EventLog) -> None:
    corrected(log, "run the tests", ("run_shell", {"command": "make old"}))
    corrected(log, "Run the tests!", CHECK)
    assert [dict(one.arguments) for one in planned(log).corrections] == [CHECK[1]]
