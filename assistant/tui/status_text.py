"""What the status line says, and what it leaves out where the terminal is narrow. Pure."""

from pathlib import Path

from textual.content import Content

from assistant.agent.api import Status
from assistant.text_safety import clean_line
from assistant.tui.formatting import count

MODE_STYLES = {
    "plan": "bold $secondary",
    "ask": "bold $primary",
    "edit": "bold $accent",
    "auto": "bold $error",
}
SEPARATOR = " · "
METER_CELLS = 6

_STATE_STYLES = {"ready": "", "starting": "$warning", "off": "$error"}


def short_model(name: str) -> str:
    """The model's name without folders and without the file's ending."""
    return clean_line(Path(name).name.removesuffix(".gguf"), 32) or "no student"


def sandbox_name(status: Status) -> str:
    """The back end's name; ``sandbox`` while there is none."""
    return "sandbox" if status.sandbox in ("", "none") else clean_line(status.sandbox, 24)


def meter(used: int, limit: int) -> str:
    """A bar of six cells; at least one is filled where anything is used."""
    if limit <= 0:
        return "▱" * METER_CELLS
    filled = min(METER_CELLS, round(METER_CELLS * used / limit))
    filled = max(filled, 1 if used else 0)
    return "▰" * filled + "▱" * (METER_CELLS - filled)


def _with_state(name: str, state: str) -> tuple[str, str]:
    label = name if state == "ready" else f"{name} {state}"
    return label, _STATE_STYLES.get(state, "")


def _context_style(used: int, limit: int) -> str:
    if not limit or used < 0.75 * limit:
        return ""
    return "$error" if used > 0.9 * limit else "$warning"


def status_content(status: Status, width: int, jobs: str = "") -> Content:
    """The facts that fit into ``width`` cells, the least needed left out first; ``jobs`` run beside."""
    segments: list[tuple[int, str, str]] = [(0, f" {status.mode} ", MODE_STYLES.get(status.mode, "bold"))]
    segments.append((1, *_with_state(short_model(status.student), status.student_state)))
    segments.append((2, *_with_state(sandbox_name(status), status.sandbox_state)))
    if status.context_limit:
        used, limit = status.context_used, status.context_limit
        text = f"{meter(used, limit)} {count(used)}/{count(limit)}"
        segments.append((3, text, _context_style(used, limit)))
    if jobs:
        segments.append((3, clean_line(jobs, 24), "$secondary"))
    if status.cached_share:
        segments.append((5, f"cache {status.cached_share:.0%}", ""))
    if status.tokens_per_s:
        segments.append((4, f"{status.tokens_per_s:.0f} tok/s", ""))
    title = clean_line(status.session_title, 28)
    if title:
        segments.append((6, title, ""))
    while len(segments) > 1 and sum(len(text) + 3 for _, text, _ in segments) - 2 > width:
        segments.remove(max(segments))
    parts: list[tuple[str, str]] = []
    for index, (_, text, style) in enumerate(segments):
        if index:
            parts.append((SEPARATOR, "$text-disabled"))
        parts.append((text, style or "$text-muted"))
    return Content.assemble(*parts)
