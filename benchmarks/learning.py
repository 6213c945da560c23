"""What 20 corrections change once they are learned: ``apprentice learn`` on the habits of ``corrections.py``.

A log of 200 decisions in a home of its own, 20 of them corrected; then the command, and both students on
25 other wordings written by hand and on ordinary requests that no habit touches, as the chat asks them.

    python benchmarks/learning.py [--set one|two|three] [--wordings 4] [--ordinary 127]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corrections import DECISIONS, HABITS, REQUESTS, TOUCHED, ordinary
from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from assistant import comparing, paths
from assistant.cli.eval_run import evaluated
from assistant.settings import load_settings
from tools.protocol.messages import Message
from training.evaluation.cases import Case, Expected, read_cases
from training.events import open_log
from training.events.decisions import DecisionRecorder, review
from training.registry.serving import own_registry

PROJECT = "/project"


def record(name: str, wordings: int) -> list[Case]:
    """Write the log; the wordings that are asked for later, as cases."""
    habits = tomllib.loads((REQUESTS / HABITS).read_text("utf-8"))[name]
    log = open_log(paths.events_dir())
    corrected = [(text, one["call"]) for one in habits.values() for text in one["corrected"][:wordings]]
    plain = [(f"show me part {at} of the report", None) for at in range(DECISIONS - len(corrected))]
    for request, right in (*plain, *corrected):
        recorder = DecisionRecorder(log, f"session-{request}")
        made = recorder.selected(
            context={
                "request": request,
                "workspace": PROJECT,
                "turn": [{"role": "user", "text": request}],
            },
            tools_available=[],
            tool_selected="read_file",
            tool_parameters={"path": "README.md"},
            confidence=0.9,
        )
        recorder.completed(made, success=True, result="")
        if right:
            call = {"corrected_tool": right["tool"], "corrected_parameters": right["arguments"]}
            review(log, made.event_id, verdict="corrected", **call)
    log.close()
    return [
        Case(
            f"{habit}-{at}",
            (Message("user", text),),
            (
                Expected(
                    one["call"]["tool"],
                    {key: (value,) for key, value in one["call"]["arguments"].items()},
                ),
            ),
            tags=("later",),
        )
        for habit, one in habits.items()
        for at, text in enumerate(one["later"])
    ]


def right(student: str, cases: Sequence[Case]) -> tuple[int, int, list[str]]:
    """Right tools and right calls of a student, and the requests that are wrong."""
    settings = load_settings(Path(tempfile.gettempdir()))
    side = comparing.Side(student, student)
    with evaluated(comparing.asked(side, settings, cases, "benchmark"), fresh=True) as found:
        wrong = [f"{one.case.request!r}: {one.verdict.why}" for one in found if not one.verdict.call]
        return sum(one.verdict.tool for one in found), len(cases) - len(wrong), wrong


def measured(name: str, wordings: int, count: int) -> dict[str, Any]:
    later = record(name, wordings)
    wanted = set(ordinary(name, count))
    usual = [one for one in read_cases(REQUESTS / "plain.jsonl") if one.request in wanted]
    serving = own_registry().deployed()
    assert serving is not None, "no student is installed"
    started = time.perf_counter()
    command = [sys.executable, "-m", "assistant", "learn", "--yes", "--json", "--project", PROJECT]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    found = json.loads(done.stdout)
    print(json.dumps(found, indent=1), file=sys.stderr)
    facts: dict[str, Any] = {"status": found["status"], "minutes": (time.perf_counter() - started) / 60}
    for when, student in (("before", serving.id), ("after", found["student"])):
        tools, calls, wrong = right(student, later)
        _, kept, lost = right(student, usual)
        facts |= {f"right tools {when}": tools, f"right calls {when}": calls}
        facts |= {f"ordinary wrong {when}": len(usual) - kept}
        print(f"{when}:", *wrong, "ordinary:", *lost, sep="\n  ", file=sys.stderr)
    return {**facts, "other wordings": len(later), "ordinary requests": len(usual)}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--set", choices=list(TOUCHED), default="one", dest="name")
    arguments.add_argument("--wordings", type=int, default=4, help="corrections of each habit")
    arguments.add_argument("--ordinary", type=int, default=127)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update({f"APPRENTICE_{kind}_DIR": f"{home}/{kind.lower()}" for kind in _KINDS})
        facts = measured(given.name, given.wordings, given.ordinary)
        report(
            f"Set {given.name}, {given.wordings} corrections of each habit, learned", [facts], {}, given.json
        )


_KINDS = ("DATA", "CONFIG", "STATE", "CACHE")


if __name__ == "__main__":
    main()
