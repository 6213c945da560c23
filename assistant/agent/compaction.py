"""Making the older part of a conversation smaller, and no smaller than needed.

Invariant: in this order, each step only where the ones before did not suffice: results of tools are reduced
to their first line, the oldest first; whole turns become a recap; the turn under way gives up its early
calls, then parts of its last results; the person's oldest words are cut. The session keeps all of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from assistant.agent.observations import cut, is_result, stub
from assistant.agent.recap import Recap, lines_of, recap_of
from assistant.agent.session_records import Compaction
from assistant.agent.sizes import Sizes
from assistant.agent.turns import Turn, split
from tools.protocol.messages import Message

Summarise = Callable[[str, Sequence[Turn], str, int], Awaitable[str]]
LAST_SHARE = 0.7
FEWEST_TOKENS = 40


@dataclass(frozen=True)
class Limits:
    """Tokens: what to aim at, what may be left at most, and of it what words and recap may take."""

    aim: int
    most: int
    requests: int
    recap: int


@dataclass(frozen=True)
class Outcome:
    """What the conversation becomes, and what was done to it. ``tokens`` is its new size.

    ``results`` were reduced to their first line, ``in_part`` of the turn under way were cut, ``turns``
    became a part of the recap.
    """

    messages: tuple[Message, ...]
    recapped: int
    tokens: int
    summary: str
    results: int
    in_part: int
    turns: int
    words_shortened: int
    words_left_out: int


class Compactor:
    """Compacts all messages of a session: ``shown`` are they as the student saw them, ``said`` the whole.

    ``earlier`` is what was compacted of them before. Raises StudentError where the student cannot count or
    write.
    """

    def __init__(
        self,
        shown: Sequence[Message],
        said: Sequence[Message],
        sizes: Sizes,
        limits: Limits,
        earlier: Compaction | None,
    ) -> None:
        self._turns = split(shown)
        self._said = split(said)
        self._sizes = sizes
        self._limits = limits
        self._summary = earlier.summary if earlier else ""
        self._done = _covered(self._turns, earlier.recapped if earlier else 0)
        self._stubs: dict[int, Message] = {}

    async def compact(self, focus: str = "", summarise: Summarise | None = None) -> Outcome | None:
        """The smaller conversation, or None where it cannot be brought to what is left at most."""
        turns = self._turns[self._done :]
        await self._sizes.learn_messages(message for turn in turns for message in turn.messages)
        recap = await self._recap(self._done, focus)
        turns = await self._with_stubs(turns, self._sizes.messages(recap.messages))
        number = self._to_recap(turns, self._sizes.messages(recap.messages))
        if number:
            if summarise:
                wanted = self._said[self._done : self._done + number]
                self._summary = await summarise(self._summary, wanted, focus, self._limits.recap)
            recap = await self._recap(self._done + number, focus)
        *older, last = turns[number:]
        return await self._fitted(recap, older, last, number, focus)

    async def _recap(
        self, number: int, focus: str, words: int | None = None, done: int | None = None
    ) -> Recap:
        """The recap of the first ``number`` turns."""
        if not number:
            return Recap("", "")
        requests = self._limits.requests if words is None else words
        limit = self._limits.recap if done is None else done
        recap = await recap_of(
            self._said[:number],
            self._sizes,
            requests=requests,
            done=limit,
            focus=focus,
            summary=self._summary,
        )
        await self._sizes.learn_messages(recap.messages)
        return recap

    async def _with_stubs(self, turns: list[Turn], recap: int) -> list[Turn]:
        """``turns`` with as many results reduced as the aim asks for; the last decision keeps its own."""
        last = turns[-1]
        kept = {id(message) for message in (*last.spoken, *(last.groups[-1] if last.groups else ()))}
        flat = [message for turn in turns for message in turn.messages]
        said = [message for turn in self._said[self._done :] for message in turn.messages]
        shorter = {
            id(message): _smaller(message, stub(whole))
            for message, whole in zip(flat, said, strict=True)
            if is_result(message) and id(message) not in kept
        }
        await self._sizes.learn_messages(shorter.values())
        total = recap + self._sizes.messages(flat)
        for message in flat:
            reduced = shorter.get(id(message), message)
            if total > self._limits.aim and reduced is not message:
                total -= self._sizes.message(message) - self._sizes.message(reduced)
                self._stubs[id(message)] = reduced
        return [Turn(tuple(self._stubs.get(id(m), m) for m in turn.messages)) for turn in turns]

    def _to_recap(self, turns: list[Turn], recap: int) -> int:
        """How many of ``turns`` become a part of the recap: the fewest that reach the aim, never the last."""
        total = recap + sum(self._sizes.messages(turn.messages) for turn in turns)
        number = 0
        while total > self._limits.aim and number < len(turns) - 1:
            turn = turns[number]
            total -= self._sizes.messages(turn.messages) - sum(map(self._sizes.message, turn.spoken))
            if number == 0:
                total += max(self._limits.recap - recap, 0)
            number += 1
        return number

    async def _fitted(
        self, recap: Recap, older: Sequence[Turn], last: Turn, number: int, focus: str
    ) -> Outcome | None:
        """All of it, brought to what may be left at most."""
        between = tuple(message for turn in older for message in turn.messages)
        room = self._limits.most - self._sizes.messages(between)
        lead = self._sizes.messages(recap.messages)
        ending = await self._last(last, max(room - lead, int(room * LAST_SHARE)))
        room -= self._sizes.messages(ending)
        if room < lead and self._done + number:
            done = min(self._limits.recap, max(room // 3, 0))
            recap = await self._recap(
                self._done + number, focus, max(room - done - 2 * FEWEST_TOKENS, 0), done
            )
            lead = self._sizes.messages(recap.messages)
        if room < lead:
            return None
        reduced = {id(message) for message in self._stubs.values()}
        untouched = {id(message) for message in last.messages}
        return Outcome(
            messages=(*recap.messages, *between, *ending),
            recapped=sum(len(turn.messages) for turn in self._turns[: self._done + number]),
            tokens=self._limits.most - room + lead,
            summary=self._summary,
            results=sum(id(message) in reduced for message in (*between, *ending)),
            in_part=sum(is_result(one) and id(one) not in untouched for one in ending),
            turns=number,
            words_shortened=recap.shortened,
            words_left_out=recap.left_out,
        )

    async def _last(self, turn: Turn, room: int) -> tuple[Message, ...]:
        """The turn under way in ``room`` tokens, or what comes nearest to it."""
        messages = turn.messages
        with_results = sum(len(group) > 1 for group in turn.groups)
        for number in range(1, with_results):
            if self._sizes.messages(messages) <= room:
                return messages
            messages = _folded(turn, number)
            await self._sizes.learn_messages(messages)
        over = self._sizes.messages(messages) - room
        if over <= 0:
            return messages
        results = [message for message in messages if is_result(message)]
        total = sum(self._sizes.message(message) for message in results)
        share = max(1 - over / total, 0.0) if total else 0.0
        cuts = {id(m): cut(m, self._characters(m, share)) for m in results}
        messages = tuple(cuts.get(id(message), message) for message in messages)
        await self._sizes.learn_messages(messages)
        return messages

    def _characters(self, message: Message, share: float) -> int:
        """Characters of a result that is cut to ``share`` of its tokens, less what the cut itself says."""
        tokens = max(int(self._sizes.text(message.text) * share) - FEWEST_TOKENS, FEWEST_TOKENS // 2)
        return self._sizes.characters(message.text, tokens)


def _smaller(shown: Message, reduced: Message) -> Message:
    return reduced if len(reduced.text) < len(shown.text) else shown


def _folded(turn: Turn, number: int) -> tuple[Message, ...]:
    """``turn`` without its first ``number`` groups; a line for each of their calls opens the next result."""
    groups = turn.groups
    acts = Turn(tuple(message for group in groups[:number] for message in group)).acts()
    lines = "\n".join(["[before this:", *lines_of(acts), "]"])
    rest = [message for group in groups[number:] for message in group]
    for index, message in enumerate(rest):
        if message.role == "tool":
            rest[index] = replace(message, text=f"{lines}\n{message.text}")
            break
    return (*turn.spoken, *rest)


def _covered(turns: Sequence[Turn], messages: int) -> int:
    """How many turns the first ``messages`` messages are."""
    number = 0
    while number < len(turns) and messages >= len(turns[number].messages):
        messages -= len(turns[number].messages)
        number += 1
    return number
