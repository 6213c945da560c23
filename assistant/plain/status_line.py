"""The status line as words, for the toolbar of the plain REPL and ``/status``."""

from assistant.agent.chat import Status


def status_line(status: Status) -> str:
    """Mode, student, sandbox, context used, share of the prompt from cache, tokens per second."""
    parts = [
        status.mode,
        with_state(status.student, status.student_state),
        "sandbox " + with_state(status.sandbox, status.sandbox_state),
        context(status),
    ]
    if status.cached_share:
        parts.append(f"cache {status.cached_share:.0%}")
    if status.tokens_per_s:
        parts.append(f"{status.tokens_per_s:.0f} tok/s")
    return " · ".join(part for part in parts if part)


def with_state(name: str, state: str) -> str:
    """``name`` where it is ready, else with its state."""
    if state == "ready":
        return name
    return f"{name} ({state})" if name and name != state else state


def context(status: Status) -> str:
    """Tokens of the window in use, or nothing before the student said how large it is."""
    if not status.context_limit:
        return ""
    share = status.context_used / status.context_limit
    return f"context {share:.0%} of {status.context_limit:,}"
