"""A filter over decisions is one line; what cannot be understood is an error that says how to mend it."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.decision_query import NAMES, USAGE, parse_query
from assistant.moments import moment
from training.events.matching import OUTCOMES, DecisionFilter


def test_nothing_is_every_decision() -> None:
    assert parse_query("") == parse_query("  \t ") == DecisionFilter()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("tool:run_shell", DecisionFilter(tool_prefix="run_shell")),
        ("TOOL:run_shell", DecisionFilter(tool_prefix="run_shell")),
        ("agent:coder session:0190-aaaa", DecisionFilter(agent_id="coder", session_id="0190-aaaa")),
        ("outcome:failed permission denied", DecisionFilter(outcome="failed", text="permission denied")),
        ("denied outcome:failed permission", DecisionFilter(outcome="failed", text="denied permission")),
        ('"tool:run_shell"', DecisionFilter(text="tool:run_shell")),
        ('see "http://x  y" now', DecisionFilter(text="see http://x  y now")),
        ('agent:"two words" x', DecisionFilter(agent_id="two words", text="x")),
        ("12:30", DecisionFilter(text="12:30")),
        (":x [/] \\", DecisionFilter(text=":x [/] \\")),
    ],
)
def test_conditions_and_words(line: str, wanted: DecisionFilter) -> None:
    assert parse_query(line) == wanted


def test_times_are_those_of_the_command_line() -> None:
    found = parse_query("since:2d until:2026-11-20T09:30")
    assert found.until == moment("2026-11-20T09:30")
    assert found.since is not None
    assert abs(datetime.now(UTC) - timedelta(days=2) - found.since) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tol:a", 'did you mean tool:? To look for such a text, quote it: "tol:"'),
        ("http://x", "there are tool:, outcome:"),
        ("std::vector", "quote it"),
        ("tool:", "nothing follows the colon of tool:"),
        ("agent:", "nothing follows the colon of agent:"),
        ('tool:""', "nothing follows"),
        ("tool:a tool:b", "given twice"),
        ("outcome:ok", "there are done, failed"),
        ("since:yesterday", "write 2026-11-20"),
        ("until:999999w", "is no time"),
        ('"open', "a quote is not closed"),
        ('tool:"open', "a quote is not closed"),
        ('in"side', "stands inside a word"),
    ],
)
def test_what_cannot_be_understood_is_an_error(line: str, said: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_query(line)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_every_name_is_told_and_every_outcome_is_taken() -> None:
    assert all(f"{name}:" in USAGE for name in NAMES)
    assert [parse_query(f"outcome:{one}").outcome for one in OUTCOMES] == list(OUTCOMES)
