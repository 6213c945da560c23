"""How well a student reads, as plain text."""

from typing import Any

from assistant.cli.decision_tables import align
from assistant.cli.eval_text import SHOWN_FAILURES, heading, share_text
from assistant.text_safety import clean_line


def reading_text(facts: dict[str, Any]) -> str:
    """The figures, the tags, and the first of what was wrong."""
    low, high = facts["right_of_sure_95"] or (0, 0)
    rows = [
        ("", "OF", "RIGHT"),
        ("a line", str(facts["with_a_line"]), share_text(facts["right"])),
        ("one of three lines", str(facts["with_a_line"]), share_text(facts["among_three"])),
        (
            f"sure of a line, {share_text(facts['sure'])} of the questions",
            str(facts["sure_lines"]),
            f"{share_text(facts['right_of_sure'])} [{low:.0%} to {high:.0%}]",
        ),
        ("not there, found out", str(facts["without_a_line"]), share_text(facts["not_found_recall"])),
        ('"not found", rightly', "", share_text(facts["not_found_precision"])),
        ("other forms", str(facts["other_forms"]), share_text(facts["other_forms_right"])),
    ]
    latency = facts["latency_ms"]
    parts = [
        heading(facts),
        align(rows),
        f"to the answer: p50 {latency['p50']:.0f} ms, p95 {latency['p95']:.0f} ms",
    ]
    if facts["tags"]:
        tags = [
            (clean_line(tag), str(found["cases"]), share_text(found["right"]))
            for tag, found in facts["tags"].items()
        ]
        parts.append(align([("TAG", "CASES", "RIGHT"), *tags]))
    if "fitted" in facts:
        parts.append("fitted: " + ", ".join(f"{name} = {value}" for name, value in facts["fitted"].items()))
    if facts["failures"]:
        shown = facts["failures"][:SHOWN_FAILURES]
        lines = [
            f"{clean_line(one['id'])}: {clean_line(one['question'])} - {one['said']} {one['best']}, "
            f"right is {one['expected']}"
            for one in shown
        ]
        parts.append("\n".join([f"{len(facts['failures'])} cases went wrong", *lines]))
    return "\n\n".join(parts)
