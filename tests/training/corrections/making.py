"""Decisions that were corrected, in a real log."""

from typing import Any

from training.corrections.base import Correction
from training.events.base import EventLog
from training.events.decisions import DecisionRecorder, review

HERE, THERE = "/work/here", "/work/there"
CHECK = ("run_shell", {"command": "make check"})
Call = tuple[str, dict[str, Any]]


def decided(
    log: EventLog,
    request: str,
    call: Call = ("run_tests", {}),
    workspace: str = HERE,
    **context: Any,
) -> str:
    """A decision of the log; its id."""
    given = {
        "request": request,
        "workspace": workspace,
        "turn": [{"role": "user", "text": request}],
        **context,
    }
    recorder = DecisionRecorder(log, "session")
    made = recorder.selected(
        context=given, tools_available=[], tool_selected=call[0], tool_parameters=call[1], confidence=0.9
    )
    recorder.completed(made, success=True, result="3 passed")
    return made.event_id


def correct(log: EventLog, event_id: str, call: Call = CHECK) -> str:
    review(log, event_id, verdict="corrected", corrected_tool=call[0], corrected_parameters=call[1])
    return event_id


def corrected(log: EventLog, request: str, call: Call = CHECK, workspace: str = HERE, **context: Any) -> str:
    return correct(log, decided(log, request, workspace=workspace, **context), call)


def said(request: str, call: Call = CHECK, at: str = "2026-11-03", **facts: Any) -> Correction:
    """A correction without a log."""
    return Correction(request, at, request, HERE, call[0], call[1], **facts)
