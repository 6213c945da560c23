"""What an evaluation by whole tasks found, as facts that ``--json`` prints.

``share`` is the share of the tasks that were solved, its interval Wilson's, 95 %. Steps are calls; seconds
are those from the request to the answer.
"""

from collections.abc import Callable, Sequence
from typing import Any

from training.evaluation.report import interval, percentiles, share
from training.evaluation.solving import Outcome
from training.evaluation.tasks import Task

Facts = dict[str, Any]
Done = tuple[Task, Outcome]


def task_report(tasks: Sequence[Task], outcomes: Sequence[Outcome]) -> Facts:
    """Everything that was measured. Both are in the same order."""
    done = list(zip(tasks, outcomes, strict=True))
    solved = [outcome.solved for outcome in outcomes]
    return {
        "tasks": len(done),
        "solved": sum(solved),
        "share": share(solved),
        "share_95": interval(solved),
        "steps": _mean([len(one.calls) for one in outcomes]),
        "seconds": percentiles([one.seconds for one in outcomes]),
        "kinds": _grouped(done, lambda task: task.kind),
        "repositories": _grouped(done, lambda task: task.repository),
        "failures": [_failure(task, outcome) for task, outcome in done if not outcome.solved],
    }


def _grouped(done: Sequence[Done], name: Callable[[Task], str]) -> dict[str, Facts]:
    groups: dict[str, list[Outcome]] = {}
    for task, outcome in done:
        groups.setdefault(name(task), []).append(outcome)
    return {
        key: {
            "tasks": len(group),
            "solved": sum(one.solved for one in group),
            "share": share(one.solved for one in group),
            "steps": _mean([len(one.calls) for one in group]),
        }
        for key, group in sorted(groups.items())
    }


def _failure(task: Task, outcome: Outcome) -> Facts:
    return {
        "id": task.id,
        "kind": task.kind,
        "request": task.request,
        "missing": list(outcome.missing),
        "calls": list(outcome.calls),
        "answer": outcome.answer,
    }


def _mean(counts: Sequence[int]) -> float | None:
    return round(sum(counts) / len(counts), 2) if counts else None
