"""Answers from results: the student says where the answer stands, the host quotes it.

Invariant: every line that is shown stands in a result of this turn, with the place that it stands at; the
student's own words are never part of it. How sure the student was decides how it is shown: as the answer, as
one of three places where it may be, or as not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.agent.context import Context
from assistant.agent.observations import READ_HEAD
from assistant.agent.quoting import quoted, shown_lines
from tools.calls import ToolCall
from training.student.base import ContextOverflow, Decision, Pointed, Student
from training.student.passages import LINE, Passage

_NAMES = ("path", "command", "target", "pattern", "query", "url")
"""Arguments that say what a call was about, the most telling first."""


@dataclass(frozen=True)
class _Result:
    """A result of the last round: its passage, and whether the call failed."""

    passage: Passage
    failed: bool

    @property
    def call(self) -> ToolCall:
        return self.passage.call


class Reading:
    """Answers from the results of one session. ``summary`` says what happened in the turn."""

    def __init__(self, context: Context, summary: Callable[[], str]) -> None:
        self._context = context
        self._summary = summary

    async def answered(
        self, decision: Decision, request: str, student: Student, report: Callable[[str], None]
    ) -> Decision:
        """``decision``, which reads, with its answer, which ``report`` hears. Raises as ``Student.read``."""
        reading, results = self._context.prompt.reading, self._results()
        if reading is None or not results:
            return decision
        try:
            pointed = await student.read(reading, request, [one.passage for one in results])
        except (
            ContextOverflow
        ):  # the window is too small for a piece of it; what is long is better seen whole
            pointed = Pointed("result", 0.0)
        text = self._said(pointed, results)
        report(text)
        latency = decision.usage.latency_ms + pointed.usage.latency_ms
        return replace(decision, answer=text, usage=replace(decision.usage, latency_ms=latency))

    def _results(self) -> list[_Result]:
        """Those since the student spoke last, whole, as the session has them."""
        messages = self._context.session.messages
        at = len(messages)
        while at and messages[at - 1].role == "tool":
            at -= 1
        calls = {call.id: call for call in messages[at - 1].calls} if at else {}
        return [
            _Result(Passage(calls[one.call_id], tuple(one.text.split("\n"))), one.failed)
            for one in messages[at:]
            if one.call_id in calls
        ]

    def _said(self, pointed: Pointed, results: Sequence[_Result]) -> str:
        if pointed.form == LINE and pointed.sure:
            return _quoted(results, pointed.spots[0].passage, pointed.spots[0].line)
        if pointed.form == LINE:
            lines = [f"- {_quoted(results, spot.passage, spot.line)}" for spot in pointed.spots]
            return "\n".join(["I am not sure. Possibly here:", "", *lines, *_unread(pointed)])
        if pointed.form == "none":
            where = ", ".join(f"`{_about(one.call)}`" for one in results)
            return "\n".join([f"I did not find that in {where}.", *_unread(pointed)])
        if pointed.form == "ask":
            return f"{self._summary()} That does not tell me enough: what exactly do you mean?".strip()
        if pointed.form == "done":
            return self._summary()
        shown = "\n\n".join(shown_lines(one.passage.lines) for one in results)
        return f"{self._summary()}\n\n{shown}".strip()


def _quoted(results: Sequence[_Result], number: int, line: int) -> str:
    """A line of a result with its place, as code."""
    passage = results[number].passage
    return quoted(_place(passage, line), passage.lines[line])


def _place(passage: Passage, line: int) -> str:
    """``file:line`` where the result is a file's text; empty where the line says its place itself."""
    call = passage.call
    if call.tool == "read_file":
        head = passage.lines[0] + "\n" if passage.lines else ""
        first = call.arguments.get("start_line")
        number = line + (first if isinstance(first, int) and first > 0 else 1) - bool(READ_HEAD.match(head))
        return f"{call.arguments.get('path', '')}:{number}"
    return "" if call.tool == "search_files" else f"{_about(call)}, line {line + 1}"


def _about(call: ToolCall) -> str:
    """What a call was about, in a few words."""
    told = (call.arguments[name] for name in _NAMES if isinstance(call.arguments.get(name), str))
    text = " ".join(next(told, "").split())[:60]
    return text or call.tool


def _unread(pointed: Pointed) -> list[str]:
    return ["", f"{pointed.unread:,} lines that seemed less likely were not read."] if pointed.unread else []
