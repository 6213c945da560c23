"""What 20 corrections change at once, untrained: five habits of a project in a log of 200 decisions.

Each habit was corrected in four wordings (``benchmarks/requests/habits.toml``). Asked are 25 other wordings,
ten requests near to them that mean something else, and ordinary ones that no habit touches, each with and
without the corrections, in turn. ``--way shown`` shows the nearest correction as an earlier turn and pushes
nothing.

    python benchmarks/corrections.py [--set one|two|three|four] [--way pushed|shown] [--wordings 4]
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from assistant.agent.correcting import Correcting, InView, turn_of
from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import builtin_registry
from training.corrections.book import Corrections
from training.events import open_log
from training.events.base import EventLog
from training.events.decisions import DecisionRecorder, review
from training.registry.serving import in_force
from training.student.base import Decision, Student
from training.student.local import LocalStudent
from training.student.prompt import prompt_for
from training.student.settings import StudentSettings

REQUESTS = ROOT / "benchmarks" / "requests"
HABITS = "habits.toml"
TOUCHED: dict[str, dict[str, str]] = {
    "one": {"run_tests": "target", "git_diff": "path"},
    "two": {"list_files": "path"},
    "three": {},
    "four": {},
}
"""Calls of whole projects that habits of a set replace, with the argument that makes them something else."""
DECISIONS, SEED = 200, 7
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A request with what is right for it (None: whatever it was before)."""

    kind: str
    request: str
    right: Call | None = None


@dataclass(frozen=True)
class Outcome:
    asked: Asked
    before: Call
    after: Call
    before_ms: float
    after_ms: float
    in_view: bool


class Bench:
    """One student, asked with and without the corrections of a log."""

    def __init__(self, student: Student, prompt: Prompt, log: EventLog, workspace: str, way: str) -> None:
        self._student, self._prompt, self._log, self._workspace = student, prompt, log, workspace
        self._way = way
        self._tools = builtin_registry()
        self._correcting = Correcting(Corrections(log), workspace, self._tools, lambda: ("", False))

    async def own(self, request: str) -> Call:
        """What the student does unasked."""
        return _call(await self._student.decide(self._plain(request)))

    async def record(self, request: str, right: Call | None) -> None:
        """A decision of the log, corrected where ``right`` is given."""
        tool, arguments = await self.own(request) if right else ("read_file", {"path": "README.md"})
        context = {
            "request": request,
            "workspace": self._workspace,
            "turn": [{"role": "user", "text": request}],
        }
        recorder = DecisionRecorder(self._log, f"session-{request}")
        made = recorder.selected(
            context=context, tools_available=[], tool_selected=tool, tool_parameters=arguments, confidence=0.9
        )
        recorder.completed(made, success=True, result="")
        if right:
            call = {"corrected_tool": right[0], "corrected_parameters": right[1]}
            review(self._log, made.event_id, verdict="corrected", **call)

    async def asked(self, one: Asked) -> Outcome:
        """With and without the corrections, from the same state; once where none is in view."""
        started = time.perf_counter()
        seen = await self._correcting.find(one.request)
        found_ms = (time.perf_counter() - started) * 1000
        before, before_ms = await self._timed(self._plain(one.request))
        if seen is None:
            return Outcome(one, before, before, before_ms, before_ms + found_ms, in_view=False)
        conversation = self._seen(seen).conversation(self._plain(one.request))
        after, after_ms = await self._timed(conversation)
        return Outcome(one, before, after, before_ms, after_ms + found_ms, in_view=True)

    async def _timed(self, conversation: Conversation) -> tuple[Call, float]:
        """A decision and its milliseconds, with nothing but the prefix of the prompt cached."""
        await self.own("hello")
        started = time.perf_counter()
        decision = await self._student.decide(conversation)
        return _call(decision), (time.perf_counter() - started) * 1000

    def _seen(self, seen: InView) -> InView:
        return seen if self._way == "pushed" else InView(seen.near, turn_of(seen.near.correction))

    def _plain(self, request: str) -> Conversation:
        return Conversation(self._prompt, self._tools.signatures(), (Message("user", request),))


def _call(decision: Decision) -> Call:
    if not decision.calls:
        return "answer", {}
    return decision.calls[0].tool, decision.calls[0].arguments


def ordinary(name: str, count: int) -> list[str]:
    """Ordinary requests that no habit of the set touches."""
    found = []
    for line in (REQUESTS / "plain.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        if not any(_touched(one, TOUCHED[name]) for one in case["expected"]):
            found.append(case["request"])
    return sorted(random.Random(SEED).sample(found, count))


def _touched(expected: Mapping[str, Any], tools: Mapping[str, str]) -> bool:
    if expected["tool"] not in tools:
        return False
    values = expected["arguments"].get(tools[expected["tool"]], [])
    return all(value in (None, "", ".", "./", "*") for value in values)


async def measured(name: str, way: str, count: int, wordings: int) -> list[Outcome]:
    data = tomllib.loads((REQUESTS / HABITS).read_text("utf-8"))
    habits = dict(data[name])
    calls = {habit: (given["call"]["tool"], given["call"]["arguments"]) for habit, given in habits.items()}
    asked = [Asked("later", request, calls[habit]) for habit in habits for request in habits[habit]["later"]]
    asked += [Asked("near", request) for request in data["near"][name]]
    asked += [Asked("ordinary", request) for request in ordinary(name, count)]
    settings = in_force(StudentSettings())
    student, prompt = LocalStudent(settings), prompt_for(settings.model, settings.prompt)
    with tempfile.TemporaryDirectory() as folder:
        log = open_log(Path(folder) / "log")
        bench = Bench(student, prompt, log, "/project", way)
        await student.start()
        try:
            corrected = [
                (request, calls[habit])
                for habit in habits
                for request in habits[habit]["corrected"][:wordings]
            ]
            for number in range(DECISIONS - len(corrected)):
                await bench.record(f"show me part {number} of the report", None)
            for request, call in corrected:
                await bench.record(request, call)
            await bench.own("hello")
            return [await bench.asked(one) for one in asked]
        finally:
            await student.close()
            log.close()


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    later = [one for one in outcomes if one.asked.kind == "later"]
    changed = {
        kind: [one for one in outcomes if one.asked.kind == kind and one.before != one.after]
        for kind in ("near", "ordinary")
    }
    seen = [one for one in later if one.in_view]
    found = {
        "other wordings": len(later),
        "right tools before": sum(one.before[0] == (one.asked.right or "")[0] for one in later),
        "right tools after": sum(one.after[0] == (one.asked.right or "")[0] for one in later),
        "right calls before": sum(one.before == one.asked.right for one in later),
        "right calls after": sum(one.after == one.asked.right for one in later),
        "near requests changed": len(changed["near"]),
        "ordinary requests": sum(one.asked.kind == "ordinary" for one in outcomes),
        "of them in view": sum(one.asked.kind == "ordinary" and one.in_view for one in outcomes),
        "of them changed": len(changed["ordinary"]),
    }
    if seen:
        found["ms before"] = statistics.median(one.before_ms for one in seen)
        found["ms after"] = statistics.median(one.after_ms for one in seen)
        found["ms more"] = statistics.median(one.after_ms - one.before_ms for one in seen)
    return found


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--set", choices=list(TOUCHED), default="one", dest="name")
    arguments.add_argument("--way", choices=["pushed", "shown"], default="pushed")
    arguments.add_argument("--ordinary", type=int, default=127)
    arguments.add_argument("--wordings", type=int, default=4, help="corrections of each habit")
    given = arguments.parse_args()
    outcomes = asyncio.run(measured(given.name, given.way, given.ordinary, given.wordings))
    for one in outcomes:
        wrong = one.before != one.after if one.asked.right is None else one.after != one.asked.right
        if wrong:
            print(f"{one.asked.kind}: {one.asked.request!r}: {one.before} -> {one.after}", file=sys.stderr)
    title = f"Set {given.name}, {given.wordings} corrections of each habit, {given.way}"
    report(title, [figures(outcomes)], {}, given.json)


if __name__ == "__main__":
    main()
