"""What a generation will cost, by provider, before anything is asked."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from training.generation.makers import TeacherMaker
from training.generation.mixing import counts
from training.generation.plan import Plan
from training.generation.run import Parts, makers
from training.teachers.estimating import Estimate, estimate
from training.teachers.prices import PriceList

SAMPLE_ITEMS = 5
TOKENS_PER_WORDING = 60
TOKENS_PER_LABEL = 60


async def estimates(plan: Plan, parts: Parts, prices: PriceList) -> list[Estimate]:
    """One for each provider that is asked; what filters leave out comes on top. Raises TeacherError."""
    shares, found = counts(plan.examples, plan.mix), []
    for name, maker in makers(plan, parts).items():
        if not isinstance(maker, TeacherMaker) or not shares[name]:
            continue
        items = -(-shares[name] // maker.per_item)
        asked = [await maker.questions(item) for item in range(min(items, SAMPLE_ITEMS))]
        # In turns, so that a sample of a few has each kind of question.
        sample = [one for turn in zip(*asked, strict=False) for one in turn]
        reply = TOKENS_PER_WORDING * maker.per_item if plan.way(name) == "multiply" else TOKENS_PER_LABEL
        provider = parts.providers[name]
        found.append(await estimate(provider, prices, sample, items * len(asked[0]), reply_tokens=reply))
    return found


def sums(found: Sequence[Estimate], *, batch: bool) -> dict[str, Any]:
    """JSON-ready: dollars of all together, None where a price is missing."""
    usual = [one.batch_usd if batch and one.batch_usd is not None else one.cost_usd for one in found]
    most = [one.at_most_usd for one in found]
    return {
        "cost_usd": None if None in usual else sum(one or 0.0 for one in usual),
        "at_most_usd": None if None in most else sum(one or 0.0 for one in most),
        "providers": [asdict(one) for one in found],
    }
