"""Whether a student decides the same where the same is asked in other words, or of tools in another order.

Two decisions are the same if both are right and call the same tool, or if they are the same to the letter.
``asks`` are shares of all that was asked, ``groups`` of the groups of paraphrases, ``orders`` of the
paraphrases (``same``: whatever the order of the tools). The first order is the one in which tools are given.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.protocol.calls import ANSWER, write_call
from training.evaluation.cases import Case
from training.evaluation.report import Result, interval, share

Facts = dict[str, Any]
_ORDER = "@"
_SEED = 0


def in_orders(cases: Sequence[Case], orders: int) -> tuple[Case, ...]:
    """Each case as it is, and with its tools in ``orders`` other orders: all cases in one order, then in the
    next, so that the tools' part of the prompt is evaluated once for each."""
    asked = [replace(case, id=f"{case.id}{_ORDER}0") for case in cases]
    for order in range(1, orders + 1):
        asked += [_shuffled(case, order) for case in cases]
    return tuple(asked)


def consistency_report(found: Sequence[Result]) -> Facts:
    """The shares that are the same, and right, and what was not the same."""
    groups: dict[str, list[Result]] = {}
    paraphrases: dict[str, list[Result]] = {}
    for one in found:
        groups.setdefault(one.case.group or _paraphrase(one), []).append(one)
        paraphrases.setdefault(_paraphrase(one), []).append(one)
    same = [agrees for group in groups.values() for agrees in _agreeing(group)]
    right = [one.verdict.call for one in found]
    return {
        "cases": len(found),
        "asks": {"same": share(same), "same_95": interval(same), "right": share(right)},
        "groups": {"count": len(groups), **_all_of(list(groups.values()))},
        "orders": {"count": len(paraphrases), **_all_of(list(paraphrases.values()))},
        "failures": [_failure(name, group) for name, group in groups.items() if not all(_agreeing(group))],
    }


def _shuffled(case: Case, order: int) -> Case:
    tools = [one for one in case.offered() if one.name != ANSWER]
    random.Random(f"{_SEED}:{order}").shuffle(tools)
    return replace(case, id=f"{case.id}{_ORDER}{order}", signatures=tuple(tools))


def _paraphrase(one: Result) -> str:
    return one.case.id.rpartition(_ORDER)[0]


def _all_of(groups: Sequence[Sequence[Result]]) -> Facts:
    """Of how many groups every ask was decided the same, and rightly."""
    return {
        "same": share(all(_agreeing(group)) for group in groups),
        "right": share(all(one.verdict.call for one in group) for group in groups),
    }


def _agreeing(group: Sequence[Result]) -> list[bool]:
    """For each ask, whether it was decided as most of its group were; of several such, as the first."""
    decided = [_decided(one) for one in group]
    usual = Counter(decided).most_common(1)[0][0]
    return [one == usual for one in decided]


def _decided(one: Result) -> str:
    if one.verdict.call:
        return f"right: {' '.join(sorted(call.tool for call in one.made.calls)) or ANSWER}"
    return "; ".join(write_call(call) for call in one.made.calls) or one.made.problem or ANSWER


def _failure(name: str, group: Sequence[Result]) -> Facts:
    counted = Counter(_decided(one) for one in group).most_common()
    others = [one for one, agrees in zip(group, _agreeing(group), strict=True) if not agrees]
    return {
        "group": name,
        "decisions": [{"decision": decision, "asks": count} for decision, count in counted],
        "others": [{"id": one.case.id, "request": one.case.request} for one in others],
    }
