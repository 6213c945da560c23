"""What a job of learning may come to, without any training."""

from collections.abc import Mapping
from typing import Any

from training.jobs.base import JobError, Reporter

KEPT = {"kept wordings": {"cases": 10, "right_tools": 0, "right_calls": 0}}


def refused(reporter: Reporter) -> Mapping[str, Any]:
    return {
        "won": False,
        "student": "abc",
        "before": KEPT,
        "after": KEPT,
        "why": "no clear improvement",
        "corrections": len(reporter.arguments["corrections"]),
    }


def failed(reporter: Reporter) -> Mapping[str, Any]:
    raise JobError("no sandbox here")
