"""One decision as the parts of its record: facts, events, texts. Pure functions.

Invariant: every text of the record is made inert here, and of a long one at most ``TEXT_LIMIT`` characters
are shown.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from assistant.correction_text import because, counts_for
from assistant.decision_chain import Chain, decision_of
from assistant.decision_outcome import outcome_of, verdict_of
from assistant.label_text import whole_label
from assistant.text_safety import clean_line
from assistant.tui.decision_text import TONES, local
from assistant.tui.formatting import duration, whole
from training.events.base import Event, EventType
from training.events.tool_figures import choices

TEXT_LIMIT = 20_000
_LINE = 1000
_SEEN = 0.005
"""An alternative of less probability is none."""
_STYLES = {"good": "$success", "bad": "$error", "muted": "$text-muted"}
_MUTED = _STYLES["muted"]


@dataclass(frozen=True)
class Fact:
    """A name, and what is to be said of it."""

    name: str
    value: Content


def facts(chain: Chain) -> list[Fact]:
    """What was chosen and from what, how sure, what came of it, what was said of it, who and when."""
    row = chain.row
    found = [
        ("request", _line(_request(row))),
        ("call", _line(call_line(row["tool_selected"], row["tool_parameters"]))),
        ("because", _line(because(chain.seen, _mapping(row["context"]).get("workspace")))),
        ("correction", _correction(chain)),
        ("outcome", _outcome(row)),
        ("review", _review(row)),
        ("label", _line(whole_label(row))),
        ("confidence", _confidence(chain)),
        ("offered", _line(", ".join(choices(row)))),
        ("student", _line(_joined(row["model"], _took(row["latency_ms"])))),
        ("teacher", _teacher(row)),
        ("agent", _line(_joined(row["agent_id"], row["category"]))),
        ("session", _line(row["session_id"])),
        ("decided", _line(f"{local(str(row['timestamp']))}  {row['event_id']}")),
    ]
    return [Fact(name, value) for name, value in found if value.plain]


def events(chain: Chain) -> list[Fact]:
    """The chain, in order: its cause, the selection, the outcome, every review."""
    cause = chain.selection.causation_id
    found = []
    if chain.cause is not None:
        hint = "  u opens it" if decision_of(chain.cause) else ""
        found.append(Fact("cause", Content.assemble(_event(chain.cause), (hint, _MUTED))))
    elif cause:
        found.append(Fact("cause", _line(f"{cause}, which is not in this log")))
    return [*found, *(Fact(_KINDS.get(one.event_type, "event"), _event(one)) for one in chain.events)]


def texts(chain: Chain) -> Iterator[tuple[str, str]]:
    """The longer texts, each with its title."""
    row = chain.row
    context = {name: value for name, value in _mapping(row["context"]).items() if name != "request"}
    for title, value in (
        ("Thought", row["reasoning"]),
        ("Arguments", row["tool_parameters"]),
        ("Result", (row["outcome"] or {}).get("result")),
        ("Context", context),
    ):
        text = value if isinstance(value, str) else _json(value, 2) if value not in (None, {}) else ""
        if text.strip():
            yield title, whole(text, TEXT_LIMIT)


def call_line(tool: Any, parameters: Any) -> str:
    """A call as it would be written."""
    given = ", ".join(f"{name}={_json(value)}" for name, value in _mapping(parameters).items())
    return f"{tool}({given})"


_KINDS: Mapping[str, str] = {
    EventType.AGENT_TOOL_SELECTED: "selection",
    EventType.AGENT_TOOL_COMPLETED: "outcome",
    EventType.DECISION_REVIEWED: "review",
    EventType.CORRECTION_CHANGED: "correction",
}


def _event(event: Event) -> Content:
    say = _SAYS.get(event.event_type)
    said = say(event.data) if say else clean_line(event.event_type, 60)
    return Content.assemble((local(event.timestamp), _MUTED), "  ", said)


def _selected(data: Mapping[str, Any]) -> str:
    return clean_line(call_line(data.get("tool_selected"), data.get("tool_parameters")), 200)


def _completed(data: Mapping[str, Any]) -> str:
    return _joined("done" if data.get("success") else "failed", _took(data.get("execution_time_ms")))


def _said(data: Mapping[str, Any]) -> str:
    parts = [str(data.get("verdict") or "")]
    if data.get("corrected_tool") or data.get("corrected_parameters") is not None:
        tool = data.get("corrected_tool") or "the same tool"
        parts.append(f"to {call_line(tool, data.get('corrected_parameters'))}")
    if data.get("reason"):
        parts.append(f"because {data['reason']}")
    return clean_line(" ".join(parts), _LINE)


_SAYS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    EventType.AGENT_TOOL_SELECTED: _selected,
    EventType.AGENT_TOOL_COMPLETED: _completed,
    EventType.DECISION_REVIEWED: _said,
    EventType.CORRECTION_CHANGED: lambda data: clean_line(str(data.get("change") or ""), 60),
}


def _outcome(row: Mapping[str, Any]) -> Content:
    ended = outcome_of(row)
    took = _took((row["outcome"] or {}).get("execution_time_ms"))
    said = ", no outcome was recorded" if ended == "unknown" else f", {took}" if took else ""
    return Content.assemble((ended, _STYLES[TONES[ended]]), said)


def _review(row: Mapping[str, Any]) -> Content:
    if not row["review"]:
        return Content("")
    return Content.styled(_said(row["review"]), _STYLES.get(TONES.get(verdict_of(row), ""), ""))


def _correction(chain: Chain) -> Content:
    if chain.correction is None:
        return Content("")
    _, standing = chain.correction
    forget = "f lets it count again" if standing.forgotten else "f forgets it"
    widen = "w keeps it to its project" if standing.everywhere else "w lets it count in all projects"
    hint = forget if standing.forgotten else f"{forget}, {widen}"
    return Content.assemble(clean_line(counts_for(standing), _LINE), (f"  {hint}", _MUTED))


def _confidence(chain: Chain) -> Content:
    sure = chain.row["confidence"]
    others = ", ".join(f"{name} {share:.0%}" for name, share in chain.alternatives if share >= _SEEN)
    known = f"{sure:.0%}" if isinstance(sure, int | float) else "unknown" if others else ""
    return _line(f"{known}, else {others}" if others else known)


def _teacher(row: Mapping[str, Any]) -> Content:
    if not row["teacher_tool"]:
        return Content("")
    sure = row["teacher_confidence"]
    call = call_line(row["teacher_tool"], row["teacher_parameters"])
    return _line(_joined(row["teacher_model"], call, f"{sure:.0%}" if isinstance(sure, int | float) else ""))


def _request(row: Mapping[str, Any]) -> Any:
    return _mapping(row["context"]).get("request")


def _line(value: Any) -> Content:
    return Content(clean_line(str(value), _LINE) if value else "")


def _joined(*parts: Any) -> str:
    return clean_line(", ".join(str(part) for part in parts if part), _LINE)


def _took(milliseconds: Any) -> str:
    return duration(milliseconds) if isinstance(milliseconds, int | float) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)
