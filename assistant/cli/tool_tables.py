"""Tools, figures over them and rankings as plain text."""

from collections.abc import Sequence
from typing import Any

from assistant.cli.decision_tables import NOTHING, align
from assistant.text_safety import clean_line
from assistant.tool_lines import milliseconds, summary_lines
from tools.selection.ranker import Ranked

Row = dict[str, Any]


def statistics_text(found: Row) -> str:
    """Per tool, then what was offered, what the ranker knew and how prompts grew."""
    if not found["decisions"]:
        return NOTHING
    head = ("TOOL", "DECIDED", "CALLS", "SUCCESS", "P50", "P95", "RESULT")
    table = align([head, *map(_tool_line, found["tools"])]) if found["tools"] else "no call yet"
    return "\n".join([table, "", *(f"{name}: {text}" for name, text in summary_lines(found))]).rstrip()


def ranking_text(ranked: Sequence[Ranked]) -> str:
    """One line per tool, the likeliest first."""
    lines = [(one.tool, f"{one.probability:.1%}", _why(one)) for one in ranked]
    return align([("TOOL", "LIKELY", "KNOWN BY"), *lines])


def fitted_text(facts: Row) -> str:
    """What fitting found, and whether its ranker is used from now on."""
    if not facts["from_log"]:
        return "the log holds no request to learn from yet; nothing was changed"
    lines = [f"{facts['from_log']} requests of the log, {facts['requests']} with the shipped ones"]
    if facts["held_out"]:
        shares = f"first {facts['top1']:.1%}, among three {facts['top3']:.1%}"
        shipped = f"the shipped ranker {facts['shipped_top1']:.1%} and {facts['shipped_top3']:.1%}"
        lines.append(f"on {facts['held_out']} held-out requests: {shares}; {shipped}")
    lines.append(
        f"in use from now on: {facts['path']}"
        if facts["adopted"]
        else "not used: the shipped one is better on them"
    )
    return "\n".join(lines)


def _tool_line(one: Row) -> tuple[str, ...]:
    share, tokens = one["success_rate"], one["result_tokens_p50"]
    return (
        clean_line(one["tool"], 40),
        str(one["decided"]),
        str(one["calls"]),
        "-" if share is None else f"{share:.0%}",
        milliseconds(one["p50_ms"]),
        milliseconds(one["p95_ms"]),
        "-" if tokens is None else f"{tokens:,.0f} tokens",
    )


def _why(one: Ranked) -> str:
    known = "evidence" if one.learned else "description"
    return f"{known}, named" if one.named else known
