"""Compaction: in its order, no further than needed; any conversation stays valid and within bounds."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.agent.compaction import Compactor, Limits, Outcome, Summarise
from assistant.agent.session_records import Compaction
from assistant.agent.sizes import Sizes
from assistant.agent.turns import Turn
from tests.assistant.agent.talk import answered, asked, called, counted, observed
from tools.protocol.messages import Message

LINES = "\n".join(["some words of a file"] * 20)


def turn(number: int, *, reads: int = 1) -> list[Message]:
    """A request, some reads of 100 words each, an answer: about 20 + 105 for each read."""
    talk = [asked(f"request {number}")]
    for read in range(reads):
        call_id = f"{number}-{read}"
        talk += [called(call_id, "read_file", path=f"{call_id}.py"), observed(call_id, "read_file", LINES)]
    return [*talk, answered(f"answer {number}")]


async def compacted(
    messages: Sequence[Message],
    aim: int,
    most: int = 5000,
    *,
    requests: int = 200,
    recap: int = 100,
    earlier: Compaction | None = None,
    focus: str = "",
    summarise: Summarise | None = None,
) -> Outcome | None:
    limits = Limits(aim, most, requests, recap)
    return await Compactor(messages, messages, Sizes(counted), limits, earlier).compact(focus, summarise)


async def test_old_results_are_reduced_first_and_no_more_of_them_than_needed() -> None:
    talk = [*turn(0), *turn(1), *turn(2), asked("and now?")]
    outcome = await compacted(talk, aim=330)
    assert outcome
    assert (outcome.results, outcome.turns) == (1, 0)
    reduced = (
        "some words of a file\n[... 19 lines, 398 characters left out; call read_file again to see it ...]"
    )
    assert [m.text for m in outcome.messages if m.role == "tool"] == [reduced, LINES, LINES]
    assert [m for m in outcome.messages if m.role != "tool"] == [m for m in talk if m.role != "tool"]


async def test_then_the_oldest_turns_become_a_recap_and_the_others_stay() -> None:
    talk = [part for number in range(8) for part in turn(number)] + [asked("and now?")]
    outcome = await compacted(talk, aim=220)
    assert outcome
    assert 0 < outcome.turns < 8
    words, done, *rest = outcome.messages
    assert words.text == "\n\n".join(f"request {n}" for n in range(outcome.turns))
    assert done.text.startswith("- read_file 0-0.py: 20 lines\n")
    assert rest[0].text == f"request {outcome.turns}"
    assert rest[-1].text == "and now?"
    assert outcome.recapped == 4 * outcome.turns


async def test_the_last_decision_s_results_are_kept_whole() -> None:
    talk = [*turn(0), asked("go on"), *turn(1, reads=3)[1:-1]]
    outcome = await compacted(talk, aim=0)
    assert outcome
    results = [m.text for m in outcome.messages if m.role == "tool"]
    assert results[-1] == LINES
    assert all("left out" in text for text in results[:-1])


async def test_a_turn_that_is_too_long_gives_up_its_early_calls_and_says_which() -> None:
    talk = [asked("read them"), *turn(0, reads=9)[1:-1]]
    outcome = await compacted(talk, aim=0, most=220)
    assert outcome
    assert outcome.tokens <= 220
    first = next(m for m in outcome.messages if m.role == "tool")
    assert first.text.startswith("[before this:\n- read_file 0-0.py: 2 lines\n")
    assert outcome.messages[0].text == "read them"
    assert outcome.messages[-1].text == LINES


async def test_results_that_do_not_fit_are_cut_and_still_name_what_is_left_out() -> None:
    talk = [asked("read"), called("a", "read_file", path="a.py"), observed("a", "read_file", LINES * 9)]
    outcome = await compacted(talk, aim=0, most=150)
    assert outcome
    assert outcome.tokens <= 150
    assert outcome.in_part == 1
    assert "shows more of it ...]" in outcome.messages[-1].text


async def test_a_request_that_alone_is_too_large_cannot_be_helped() -> None:
    assert await compacted([asked("word " * 500)], aim=0, most=200) is None


async def test_compacting_again_goes_on_from_the_whole_and_never_back() -> None:
    talk = [part for number in range(8) for part in turn(number)]
    first = await compacted([*talk, asked("one")], aim=220)
    assert first
    earlier = Compaction(33, first.recapped, first.messages, 0, 0)
    longer = [*talk, asked("one"), answered("yes"), *turn(8), *turn(9), asked("two")]
    second = await compacted(longer, aim=220, earlier=earlier)
    assert second
    assert second.recapped > first.recapped
    assert second.messages[0].text.startswith("request 0\n\nrequest 1\n\n")
    untouched = await compacted([*talk, asked("one")], aim=5000, earlier=earlier)
    assert untouched
    assert untouched.recapped == first.recapped


async def test_the_student_s_summary_is_asked_for_the_new_turns_and_goes_on_from_the_last() -> None:
    heard: list[tuple[str, int, str]] = []

    async def summarise(before: str, turns: Sequence[Turn], focus: str, tokens: int) -> str:
        heard.append((before, len(turns), focus))
        return f"summary {len(heard)}"

    talk = [part for number in range(4) for part in turn(number)] + [asked("one")]
    first = await compacted(talk, aim=0, summarise=summarise, focus="the parser")
    assert first
    assert first.messages[1].text.startswith("summary 1\n- read_file")
    earlier = Compaction(17, first.recapped, first.messages, 0, 0, summary=first.summary)
    more = [*talk, answered("yes"), *turn(5), asked("two")]
    second = await compacted(more, aim=0, summarise=summarise, earlier=earlier)
    assert second
    assert second.messages[1].text.startswith("summary 2\n")
    assert heard == [("", 4, "the parser"), ("summary 1", 2, "")]


async def test_where_the_student_writes_nothing_usable_the_extract_stands_alone() -> None:
    async def silent(before: str, turns: Sequence[Turn], focus: str, tokens: int) -> str:
        return ""

    outcome = await compacted([*turn(0), asked("on")], aim=0, summarise=silent)
    assert outcome
    assert outcome.messages[1].text.startswith("- read_file 0-0.py")


groups = st.tuples(st.integers(1, 3), st.integers(0, 300), st.booleans())
talks = st.lists(
    st.tuples(st.integers(1, 60), st.lists(groups, max_size=4), st.booleans()), min_size=1, max_size=8
)


def built(drawn: list[tuple[int, list[tuple[int, int, bool]], bool]]) -> list[Message]:
    """A conversation: requests of some words, decisions with results of some words, an answer or none yet."""
    talk: list[Message] = []
    for number, (words, decisions, own) in enumerate(drawn):
        if own:
            talk.append(Message("user", f"I ran `c{number}`:\n" + "out\n" * words, tool="run_shell"))
        talk.append(asked(f"request-{number} " + "word " * words))
        for index, (calls, size, failed) in enumerate(decisions):
            ids = [f"{number}.{index}.{call}" for call in range(calls)]
            made = [called(one, "read_file", path=one).calls[0] for one in ids]
            talk.append(Message("assistant", calls=tuple(made)))
            talk += [observed(one, "read_file", "read words\n" * size, failed=failed) for one in ids]
        if number < len(drawn) - 1:
            talk.append(answered(f"answer-{number}"))
    return talk


@settings(max_examples=30, deadline=None)
@given(talks, st.integers(0, 400), st.integers(250, 900))
@pytest.mark.slow
def test_G11_any_conversation_becomes_a_valid_one_within_bounds_or_none(
    drawn: list[tuple[int, list[tuple[int, int, bool]], bool]], aim: int, most: int
) -> None:
    talk = built(drawn)
    outcome = asyncio.run(compacted(talk, min(aim, most), most, requests=most // 3, recap=most // 6))
    if outcome is None:
        return
    assert outcome.tokens <= most
    sizes = asyncio.run(counted([m.text for m in outcome.messages]))
    assert sum(sizes) <= most
    last = max(index for index, message in enumerate(talk) if message.role == "user")
    assert talk[last] in outcome.messages
    for before, message in zip((None, *outcome.messages), outcome.messages, strict=False):
        if message.role == "tool":
            made = before and (before.role == "tool" or any(c.id == message.call_id for c in before.calls))
            assert made, "a result without its call"
    open_calls = {c.id for m in outcome.messages for c in m.calls}
    assert open_calls == {m.call_id for m in outcome.messages if m.role == "tool"}
    if not outcome.words_left_out and not outcome.words_shortened:
        shown = "\n".join(m.text for m in outcome.messages if m.role == "user")
        assert all(m.text in shown for m in talk if m.role == "user" and not m.tool)
