"""Figures over tools in a few words, for the command line and for ``/status``.

Invariant: figures come as ``training.events.tool_figures`` gives them; what the log named is made inert here.
"""

from typing import Any

from assistant.text_safety import clean_line

Row = dict[str, Any]


def summary_lines(found: Row) -> list[tuple[str, str]]:
    """``(name, what it says)``, for what there is a figure of."""
    selection, ranker, growth = found["selection"], found["ranker"], found["growth_per_call"]
    bundles = selection["bundles"]
    lines = []
    if found["calls"]:
        lines.append(("calls", _calls(found)))
    if selection["turns"]:
        ways = ", ".join(f"{clean_line(way, 24)} {count}" for way, count in selection["ways"].items())
        offered = f"{selection['offered_mean']:.1f} tools each; {selection['widened']} widened"
        lines.append(("offered", f"{ways}; {offered}"))
    if bundles["used"]:
        lines.append(("bundles", f"{bundles['hits']} of {bundles['used']} held the right tool"))
    if ranker["compared"]:
        share = f"first {ranker['top1']:.0%}, among three {ranker['top3']:.0%}"
        lines.append(("ranker", f"the right tool {share} of {ranker['compared']}"))
    if selection["tokens_saved"]:
        each = f"{selection['tokens_saved_per_prompt']:,.0f} a prompt"
        lines.append(("tokens saved", f"about {selection['tokens_saved']:,}: {each}"))
    if growth["calls"]:
        beyond = f"{growth['beyond_result_p50']:.0f} beyond the result"
        lines.append(("growth", f"{growth['p50']:.0f} tokens a call, {beyond}; p95 {growth['p95']:.0f}"))
    return lines


def milliseconds(value: float | None) -> str:
    """A time, or a dash where there is none."""
    return "-" if value is None else f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _calls(found: Row) -> str:
    times = f"p50 {milliseconds(found['p50_ms'])}, p95 {milliseconds(found['p95_ms'])}"
    return f"{found['calls']:,}, {found['success_rate']:.0%} succeeded; {times}"
