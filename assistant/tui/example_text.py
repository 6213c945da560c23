"""Generated examples as lines of a table, and one of them in full. Pure functions.

Invariant: every text of an example is made inert here.
"""

import json

from assistant.job_text import progress_line
from assistant.teach_text import spent
from assistant.text_safety import clean, clean_line
from assistant.tui.widgets.row_table import Column, TableRow
from tools.calls import ToolCall
from tools.protocol.calls import write_call
from training.datasets.example import Example
from training.jobs.base import Job

COLUMNS = (
    Column("", 2),
    Column("PROVIDER", 10),
    Column("KIND", 8),
    Column("REQUEST"),
    Column("CALLS", 34, from_width=90),
    Column("COST", 8, right=True, from_width=110),
)
UNWANTED = "✗"


def example_row(example: Example, *, unwanted: bool) -> TableRow:
    """One line of the table."""
    source, tone = example.source, "muted" if unwanted else ""
    cost = source.get("cost_usd", 0.0)
    cells = (
        UNWANTED if unwanted else "",
        clean_line(str(source.get("provider", "")), 20),
        example.kind,
        clean_line(request_of(example), 300),
        clean_line("; ".join(write_call(call) for call in first_calls(example)) or "answer", 200),
        "unknown" if cost is None else _cost(float(cost)) if cost else "",
    )
    tones = [(0, "bad"), *((place, tone) for place in range(1, len(cells)) if tone)]
    return TableRow(example.id, cells, tuple(tones))


def _cost(usd: float) -> str:
    return f"${usd:.4f}" if usd >= 0.0001 else "<$0.0001"


def request_of(example: Example) -> str:
    return next((turn.text for turn in reversed(example.messages) if turn.role == "user"), "")


def first_calls(example: Example) -> tuple[ToolCall, ...]:
    """Those of the decision after the last request."""
    last = max(place for place, turn in enumerate(example.messages) if turn.role == "user")
    return example.messages[last + 1].calls


def example_text(example: Example) -> str:
    """All of its turns, then where it is from."""
    lines = []
    for turn in example.messages:
        said = [write_call(call) for call in turn.calls] or [turn.text]
        lines += [f"{turn.role}: {clean(one)}" for one in said]
    facts = {name: value for name, value in example.source.items() if value not in ("", None)}
    if example.shares:
        facts["shares"] = dict(example.shares)
    lines.append("")
    lines.append(f"tools: {clean_line(', '.join(tool.name for tool in example.tools), 400)}")
    lines.append(clean_line(json.dumps(facts, ensure_ascii=False, default=str), 600))
    return "\n".join(lines)


def job_line(job: Job | None) -> str:
    """How it goes, in one line."""
    if job is None:
        return "nothing is made yet"
    cost, unpriced = job.metrics.get("cost_usd") or 0.0, int(job.metrics.get("without_price") or 0)
    parts = [
        str(job.state) if job.state != "running" else "",
        progress_line(job) if job.state != "queued" else "",
        f"cost {spent(float(cost), unpriced)}" if cost or unpriced else "",
        clean_line(job.error, 200),
    ]
    return "  ".join(part for part in parts if part) or "queued"
