"""Decisions of the log as cases."""

from dataclasses import replace

from tests.training.curation.rows import review, row
from tests.training.generation.making import example
from training.evaluation.cases import Expected
from training.evaluation.replays import not_in, replays


def test_what_succeeded_or_was_corrected_is_a_case_and_what_nobody_knows_is_none() -> None:
    rows = [
        row("read a.py", number=1),
        row("show b.py", success=False, number=2),
        row(
            "show c.py",
            number=3,
            success=False,
            review=review("corrected", "read_file", {"path": "c.py"}, ""),
        ),
        row("delete d.py", number=4, success=None, review=review("rejected", reason="never")),
        row("read e.py", "read_file", {"file": "e.py"}, number=5),
    ]
    found = replays(rows)
    assert [one.messages[-1].text for one in found] == ["read a.py", "show c.py"]
    assert [one.expected for one in found] == [
        (Expected("read_file", {"path": (name,)}),) for name in ("a.py", "c.py")
    ]


def test_what_was_learned_from_takes_its_whole_session_with_it() -> None:
    rows = [row("a", number=n, session=session) for n, session in enumerate("sstuu")]
    one = replace(example(), session="s")
    other = replace(example(), session="", source={"event_id": "e2"})
    assert [each["event_id"] for each in not_in(rows, [one, other])] == ["e3", "e4"]
    assert not_in(rows, [replace(example(), session="")]) == rows
