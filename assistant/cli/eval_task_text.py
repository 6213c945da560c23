"""An evaluation by whole tasks as plain text.

Invariant: answers and calls are foreign text; they are made inert before they are shown.
"""

from collections.abc import Sequence

from assistant.cli.decision_tables import align
from assistant.cli.eval_text import SHOWN_FAILURES, Facts, heading, share_text, span_text
from assistant.text_safety import clean_line


def tasks_text(facts: Facts) -> str:
    """How many were solved, of which kind, and the first of what was missing."""
    seconds = ", ".join("-" if value is None else f"{value:.1f}" for value in facts["seconds"].values())
    rows = [
        ("tasks", str(facts["tasks"]), ""),
        ("solved", str(facts["solved"]), ""),
        ("share", share_text(facts["share"]), span_text(facts["share_95"])),
        ("calls per task", f"{facts['steps']:.2f}", f"at most {facts['rounds']} rounds"),
        ("seconds per task", seconds, "p50, p95, p99"),
    ]
    kinds = [("KIND", "TASKS", "SOLVED", "CALLS")]
    kinds += [
        (clean_line(name, 40), str(one["tasks"]), share_text(one["share"]), f"{one['steps']:.2f}")
        for name, one in facts["kinds"].items()
    ]
    parts = [heading(facts), align(rows), align(kinds)]
    return "\n\n".join([*parts, _failures(facts["failures"])] if facts["failures"] else parts)


def _failures(failures: Sequence[Facts]) -> str:
    lines = [f"{len(failures)} not solved"]
    for one in failures[:SHOWN_FAILURES]:
        calls = "; ".join(one["calls"]) or "no call"
        lines.append(f"{clean_line(one['id'], 40)}: {clean_line(one['request'], 80)}")
        lines += [f"    {clean_line(missing, 160)}" for missing in one["missing"]]
        lines.append(f"    made: {clean_line(calls, 160)}")
    more = len(failures) - SHOWN_FAILURES
    return "\n".join(
        [*lines, f"and {more} more; --json and --output have all of them"] if more > 0 else lines
    )
