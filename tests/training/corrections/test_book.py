"""The corrections of a log: which decisions are some, for which project, and what is said of them later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.corrections.making import CHECK, HERE, THERE, correct, corrected, decided
from training.corrections.base import Standing
from training.corrections.book import Corrections, change, find_correction
from training.events import EventLogError, open_log
from training.events.base import EventLog
from training.events.decisions import review
from training.events.journal import SEGMENT


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    made = open_log(tmp_path / "log")
    yield made
    made.close()


def requests(log: EventLog, workspace: str = HERE) -> list[str]:
    book = Corrections(log)
    book.refresh()
    return [one.request for one in book.of(workspace) if book.counts(one)]


def test_a_corrected_call_is_one_and_a_rating_is_none(log: EventLog) -> None:
    corrected(log, "run the tests")
    review(log, decided(log, "read it"), verdict="good")
    review(log, decided(log, "read that"), verdict="bad")
    review(log, decided(log, "drop it"), verdict="refused", reason="not now")
    decided(log, "unsaid")
    assert requests(log) == ["run the tests"]


def test_it_says_what_was_right_and_what_was_wrong(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    book = Corrections(log)
    book.refresh()
    (found,) = book.all()
    assert (found.id, found.tool, found.arguments, found.wrong) == (event_id, *CHECK, {"run_tests"})


def test_the_call_that_was_chosen_takes_a_correction_back(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    correct(log, event_id, ("run_tests", {}))
    assert requests(log) == []


def test_a_project_sees_its_own_and_what_was_widened(log: EventLog) -> None:
    elsewhere = corrected(log, "run the tests", workspace=THERE)
    assert requests(log) == [] and requests(log, THERE) == ["run the tests"]
    change(log, [elsewhere], "widened")
    assert requests(log) == ["run the tests"]
    change(log, [elsewhere], "narrowed")
    assert requests(log) == []


def test_forgetting_is_undone_by_remembering(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    change(log, [event_id], "forgotten")
    assert requests(log) == []
    change(log, [event_id], "remembered")
    assert requests(log) == ["run the tests"]


def test_a_student_that_learned_it_is_no_longer_told_and_others_are(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    change(log, [event_id], "learned", student="abc")
    book = Corrections(log)
    book.refresh()
    (found,) = book.all()
    assert not book.counts(found, "abc")
    assert book.counts(found, "before") and book.counts(found)


def test_what_another_program_records_is_seen_at_the_next_look(log: EventLog, tmp_path: Path) -> None:
    book = Corrections(log)
    book.refresh()
    other = open_log(tmp_path / "log")
    event_id = corrected(other, "run the tests")
    book.refresh()
    assert [one.id for one in book.all()] == [event_id]
    change(other, [event_id], "forgotten")
    other.close()
    book.refresh()
    assert book.standing(event_id) == Standing(forgotten=True)


def test_only_new_reviews_are_read_again(log: EventLog) -> None:
    corrected(log, "run the tests")
    book = Corrections(log)
    book.refresh()
    version = book.version
    decided(log, "another")
    book.refresh()
    assert book.version == version
    corrected(log, "lint it")
    book.refresh()
    assert book.version == version + 1


def test_later_decisions_of_a_turn_are_not_the_request(log: EventLog) -> None:
    turn = [{"role": "user", "text": "mend it"}, *({"role": "assistant"}, {"role": "tool"}) * 2]
    corrected(log, "mend it", turn=turn)
    assert requests(log) == []


def test_the_answer_after_one_call_corrects_that_call(log: EventLog) -> None:
    calls = [{"id": "a", "tool": "run_tests", "arguments": {}}]
    turn = [{"role": "user"}, {"role": "assistant", "calls": calls}, {"role": "tool"}]
    event_id = decided(log, "run the tests", ("answer", {"text": "done"}), turn=turn)
    correct(log, event_id)
    book = Corrections(log)
    book.refresh()
    assert [(one.tool, one.wrong) for one in book.all()] == [("run_shell", {"run_tests"})]


def test_what_was_redacted_is_not_called_again(log: EventLog) -> None:
    corrected(
        log, "log in", ("run_shell", {"command": "login --token ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"})
    )
    assert requests(log) == []


def test_a_decision_by_a_correction_that_was_rated_wrong_speaks_against_it(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    spread = decided(log, "run the race tests", CHECK, correction={"id": event_id})
    review(log, spread, verdict="bad")
    book = Corrections(log)
    book.refresh()
    assert [(one.request, one.against) for one in book.all()] == [
        ("run the tests", False),
        ("run the race tests", True),
    ]


def test_a_decision_leads_to_the_correction_in_its_view(log: EventLog) -> None:
    event_id = corrected(log, "run the tests")
    made = decided(log, "execute the tests", CHECK, correction={"id": event_id})
    change(log, [event_id], "widened")
    for one in (made, event_id):
        found = find_correction(log, one)
        assert found is not None and found[0].id == event_id and found[1].everywhere
    assert find_correction(log, decided(log, "unsaid")) is None
    assert find_correction(log, "no event") is None


def test_only_decisions_are_changed(log: EventLog) -> None:
    with pytest.raises(EventLogError, match="no decision 'nothing'"):
        change(log, ["nothing"], "forgotten")


def test_a_damaged_record_is_named_and_the_others_stay(log: EventLog, tmp_path: Path) -> None:
    first, second = corrected(log, "run the tests"), corrected(log, "lint it")
    change(log, [first], "forgotten")
    change(log, [second], "widened")
    log.close()
    segment = tmp_path / "log" / SEGMENT
    segment.write_bytes(segment.read_bytes().replace(b'"forgotten"', b'"forgxtten"', 1))
    again = open_log(tmp_path / "log")
    try:
        assert len(again.notices) == 1 and "damaged" in again.notices[0]
        book = Corrections(again)
        book.refresh()
        assert [one.request for one in book.all()] == ["run the tests", "lint it"]
        assert book.standing(second).everywhere
    finally:
        again.close()
