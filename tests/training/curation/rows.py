"""Decisions as rows for the tests of curation."""

from typing import Any

READ = {"name": "read_file"}
RUN = {"name": "run_shell"}


def row(
    request: str,
    tool: str = "read_file",
    arguments: dict[str, Any] | None = None,
    *,
    number: int = 0,
    session: str = "s",
    success: bool | None = True,
    **changes: Any,
) -> dict[str, Any]:
    """A decision that succeeded, unless ``success`` says otherwise; another turn followed it."""
    given = {
        "event_id": f"e{number}",
        "timestamp": f"2026-03-04T12:00:{number % 60:02d}+00:00",
        "session_id": session,
        "agent_id": "coder",
        "category": "coding",
        "context": {"request": request},
        "tools_available": [READ, RUN],
        "tool_selected": tool,
        "tool_parameters": {"path": "a.py"} if arguments is None else arguments,
        "reasoning": "",
        "confidence": 0.5,
        "model": "m",
        "latency_ms": 1.0,
        "outcome": None if success is None else {"success": success, "result": "", "execution_time_ms": 1.0},
        "review": None,
        "teacher_model": None,
        "teacher_tool": None,
        "teacher_parameters": None,
        "teacher_confidence": None,
        "after": {"followed": True, "against": "", "proof": ""},
    }
    return {**given, **changes}


def review(
    verdict: str, tool: str | None = None, arguments: dict[str, Any] | None = None, reason: str = ""
) -> dict[str, Any]:
    return {"verdict": verdict, "corrected_tool": tool, "corrected_parameters": arguments, "reason": reason}
