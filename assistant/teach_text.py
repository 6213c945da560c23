"""Teachers' work as text: estimates, what was made, grades, labels; the same in commands and panels."""

from collections.abc import Mapping
from typing import Any

from assistant.text_safety import clean_line

UNKNOWN = "price unknown"


def dollars(usd: float | None) -> str:
    return UNKNOWN if usd is None else f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"


def spent(usd: float | None, without_price: int = 0) -> str:
    """What replies cost, ``without_price`` of which have no known price."""
    if not without_price:
        return dollars(usd)
    return f"at least {dollars(usd)}, {without_price:,} at an unknown price" if usd else UNKNOWN


def _expected(usd: float | None, at_most: float | None) -> str:
    if usd is None:
        return UNKNOWN
    return f"about {dollars(usd)}, at most {'an unknown price' if at_most is None else dollars(at_most)}"


def estimate_text(facts: Mapping[str, Any]) -> str:
    """One line for each teacher, and the sum."""
    lines = []
    for one in facts["providers"]:
        asked = (
            f"{one['requests']:,} requests of {one['prompt_tokens']:,.0f} + {one['reply_tokens']:,.0f} tokens"
        )
        cost = _expected(one["cost_usd"], one["at_most_usd"])
        batch = f", {dollars(one['batch_usd'])} as a batch" if one["batch_usd"] is not None else ""
        name = clean_line(f"{one['provider']} {one['model']}")
        lines.append(f"{name}: {asked} ({one['counted']}): {cost}{batch}; {clean_line(one['price'])}")
    lines.append(_sum(facts))
    return "\n".join(lines)


def estimate_brief(facts: Mapping[str, Any]) -> str:
    """The sum, then a short line for each teacher: for where there is little room."""
    if not facts["providers"]:
        return "estimate: $0.00, the scripted teacher is free"
    lines = [_sum(facts)]
    for one in facts["providers"]:
        batch = f", {dollars(one['batch_usd'])} as a batch" if one["batch_usd"] is not None else ""
        name = clean_line(f"{one['provider']} {one['model']}", 40)
        cost = f"{_expected(one['cost_usd'], one['at_most_usd'])}{batch}"
        lines.append(f"{name}: {one['requests']:,} requests, {cost}; {clean_line(one['price'])}")
    return "\n".join(lines)


def _sum(facts: Mapping[str, Any]) -> str:
    return f"estimate: {_expected(facts['cost_usd'], facts['at_most_usd']).removeprefix('about ')}"


def metadata_text(found: Mapping[str, Any], folder: str) -> str:
    """What was made, in some lines."""
    figures, costs = found["figures"], found["costs"]
    left_out = {
        reason: entry["count"]
        for name, tally in found["filters"].items()
        if name != "evaluation_sets"
        for reason, entry in tally["rejected"].items()
    }
    kinds = (f"{kind} {entry['count']:,} ({entry['share']:.0%})" for kind, entry in figures["kinds"].items())
    lines = [
        f"{found['examples']:,} examples in {folder}/train.jsonl, in {found['seconds']:,.0f} s",
        f"kinds: {', '.join(kinds)}",
        f"providers: {_counted(figures['providers'])}",
        f"tools: {len(figures['tools'])}; templates: {len(figures['templates'])}",
        f"by group: {_groups(found['template_groups'])}",
        f"left out: {_counted(left_out) or 'nothing'}",
    ]
    if costs["replies"]:
        cost = spent(costs["cost_usd"], costs["without_price"])
        lines.append(f"cost: {cost} for {costs['replies']:,} replies")
    return "\n".join(clean_line(line, 400) for line in lines)


def grades_text(facts: Mapping[str, Any]) -> str:
    """The sums, then what was graded lowest."""
    lines = [f"graded: {facts['graded']} of {facts['decisions']}"]
    if facts["graded"]:
        means = (f"{name} {facts[name]:.2f}" for name in ("tool", "arguments", "answer"))
        lines.append(f"of 2: {', '.join(means)}")
    worst = sorted(facts["grades"], key=lambda one: one["score"])[:10]
    for one in worst:
        if one["score"] < 1:
            lines.append(
                f"{one['score']:.2f}  {clean_line(one['request'], 60)} -> {clean_line(one['decision'], 60)}"
            )
            lines.append(f"      {clean_line(one['words'], 200)}")
    return "\n".join((*lines, *_closing(facts, "not graded")))


def labels_text(facts: Mapping[str, Any]) -> str:
    """How many, how far the student and the teachers agree, and where the labels are."""
    lines = [f"labelled: {facts['labelled']} of {facts['decisions']}"]
    if facts["compared"]:
        lines.append(f"the student chose the same tool in {facts['same_tool']} of {facts['compared']}")
    for name, agreement in (facts.get("agreement") or {}).items():
        beyond = "" if agreement["fleiss"] is None else f", kappa {agreement['fleiss']:.2f}"
        lines.append(f"teachers on {name}: pairwise {agreement['pairwise']:.0%}{beyond}")
    if facts["output"]:
        lines.append(f"written to {facts['output']}")
    return "\n".join((*lines, *_closing(facts, "no label")))


def _closing(facts: Mapping[str, Any], lacking: str) -> list[str]:
    """What could not be had, each with its reason, and what all of it cost."""
    problems = [
        f"{lacking}: {clean_line(one['id'], 40)}: {clean_line(one['problem'])}" for one in facts["problems"]
    ]
    costs = facts["costs"]
    return [*problems, f"cost: {spent(costs['cost_usd'], costs['without_price'])}"]


def _groups(counts: Mapping[str, Mapping[str, int]]) -> str:
    return ", ".join(f"{name} {one['examples']:,}" for name, one in counts.items() if one["examples"])


def _counted(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in values.items())
