"""A summary of older turns, written by the student.

Invariant: what is not usable as one (empty, cut, too long) is no summary: then the extract stands alone.
"""

from collections.abc import Sequence

from assistant.agent.recap import SUMMARY_SHARE
from assistant.agent.sizes import Sizes
from assistant.agent.turns import Turn
from tools.protocol.calls import write_call
from tools.protocol.messages import Conversation, Message, Prompt
from training.student.base import Student

INSTRUCTIONS = Prompt(
    "You sum up a part of a working session between a person and a coding assistant, for the assistant to go "
    "on from. Say what was found out, what was decided, what was changed and what is still to be done. Name "
    "files, functions and figures exactly. Write plain sentences, no preamble, at most 120 words."
)
SPOKEN_CHARACTERS, RESULT_CHARACTERS = 800, 300


class Summariser:
    """Asks ``student``, whose window has ``room`` tokens for a prompt."""

    def __init__(self, student: Student, sizes: Sizes, room: int) -> None:
        self._student = student
        self._sizes = sizes
        self._room = room

    async def summarise(self, earlier: str, turns: Sequence[Turn], focus: str, tokens: int) -> str:
        """At most ``tokens`` tokens about ``earlier`` (the summary so far) and ``turns``, or empty.

        Raises StudentError, or CancelledError after the student has stopped.
        """
        limit = int(tokens * SUMMARY_SHARE)
        told = await self._told(earlier, turns, focus, self._room - limit)
        conversation = Conversation(INSTRUCTIONS, (), (Message("user", told),))
        written = await self._student.answer(conversation, kind="compaction", limit=limit)
        return "" if written.cut else written.text.strip()

    async def _told(self, earlier: str, turns: Sequence[Turn], focus: str, room: int) -> str:
        """What it is to sum up; the oldest lines are left out where not all fits."""
        head = f"The summary so far:\n{earlier}\n\n" if earlier else ""
        asked = "Sum up the session above."
        if focus:
            asked += f" Above all keep what concerns: {focus}"
        lines = [line for turn in turns for line in _lines(turn)]
        await self._sizes.learn([INSTRUCTIONS.instructions, head, asked, *lines])
        sizes = [self._sizes.text(text) for text in (INSTRUCTIONS.instructions, head, asked)]
        room -= sum(sizes) + 40
        kept: list[str] = []
        for line in reversed(lines):
            room -= self._sizes.text(line) + 1
            if room < 0:
                break
            kept.insert(0, line)
        return head + "\n".join(kept) + f"\n\n{asked}"


def _lines(turn: Turn) -> list[str]:
    """A turn as it is told: each thing said and each result with its beginning."""
    spoken = [f"Person: {message.text[:SPOKEN_CHARACTERS]}" for message in turn.spoken]
    called = [
        f"Called {write_call(call)[:RESULT_CHARACTERS]}\nResult: {result.text[:RESULT_CHARACTERS]}"
        for call, result in turn.acts()
    ]
    answered = [f"Assistant: {turn.answer[:SPOKEN_CHARACTERS]}"] if turn.answer else []
    return [*spoken, *called, *answered]
