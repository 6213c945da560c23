"""What a run will cost, before it is begun.

Invariant: an estimate says how it was made, and ``at_most_usd`` is what no run of these requests exceeds
unless attempts are lost. Without a price there is no sum, and a line that says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from training.teachers.base import (
    FREE,
    NoKey,
    ProviderConfig,
    Spend,
    TeacherProvider,
    TeacherReply,
    TeacherRequest,
    Tokens,
    UnknownPrice,
)
from training.teachers.counting import about, most_tokens
from training.teachers.identity import max_tokens
from training.teachers.prices import PriceList

SAMPLE = 20
USUAL_REPLY = 200
"""Tokens of a call or a short answer, where nobody knows better."""


@dataclass(frozen=True)
class Estimate:
    """Tokens of one request on average, dollars of all. ``batch_usd`` is None where there is no batch API."""

    provider: str
    model: str
    requests: int
    prompt_tokens: float
    reply_tokens: float
    counted: str
    cost_usd: float | None
    at_most_usd: float | None
    batch_usd: float | None
    price: str
    """Where the price is from and of which day, or that there is none."""


class Keyless:
    """Fulfils ``TeacherProvider`` for a teacher whose key is not at hand: it counts roughly, no more."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        raise NoKey(f"{self.config.provider} has no key")

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return about(request)

    async def close(self) -> None:
        return None


async def estimate(
    provider: TeacherProvider,
    prices: PriceList,
    sample: Sequence[TeacherRequest],
    requests: int,
    *,
    reply_tokens: int = USUAL_REPLY,
) -> Estimate:
    """For as many ``requests`` as the first of ``sample``. Raises TeacherError where the counting does."""
    config, some = provider.config, sample[:SAMPLE]
    counts = [await provider.count(request) for request in some]
    each = max(len(some), 1)
    prompt = sum(tokens for tokens, _ in counts) / each
    longest = sum(max_tokens(config, request) for request in some) / each
    reply = min(float(reply_tokens), longest)
    usual, most, batch, said = None, None, None, ""
    try:
        price = prices.of(config)
        usual = requests * price.cost(Tokens(round(prompt), 0, 0, round(reply)))
        bounds = [price.worst(most_tokens(one), max_tokens(config, one)) for one in some]
        most = requests * sum(bounds) / each
        batch = usual * price.batch if price.batch < 1 else None
        said = f"{price.source} (prices of {price.date})" if price.date else price.source
    except UnknownPrice as problem:
        said = str(problem)
    return Estimate(
        provider=config.provider,
        model=config.model,
        requests=requests,
        prompt_tokens=prompt,
        reply_tokens=reply,
        counted="; ".join(dict.fromkeys(how for _, how in counts)),
        cost_usd=usual,
        at_most_usd=most,
        batch_usd=batch,
        price=said,
    )
