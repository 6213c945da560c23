"""What a remote run costs, before and after.

Invariant: ``at_most_usd`` is a bound: where the provider's vocabulary is not at hand a token is taken to be
one byte. What nobody priced is not taken for free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

from training.remote.base import Cost, Sent
from training.remote.order import RemoteOrder
from training.teachers.base import ProviderConfig, UnknownPrice
from training.teachers.prices import Price, price_list

_MILLION = 1e6
_ADDED = 1.25
"""What a provider may add to tokens that were counted: how it writes tools, and what is around turns."""


@dataclass(frozen=True)
class TrainingPrice:
    """Dollars for a million trained tokens, None where nobody knows; ``said`` is where it is from."""

    usd: float | None
    said: str

    def cost_of(self, tokens: float) -> float | None:
        return None if self.usd is None else tokens * self.usd / _MILLION


def openai_price(order: RemoteOrder) -> TrainingPrice:
    """That of the base. Raises TeacherError over a file of prices that cannot be read."""
    own = Path(order.prices).expanduser() if order.prices else None
    prices = price_list(own)
    try:
        found = prices.of(ProviderConfig("openai", order.base))
    except UnknownPrice:
        return TrainingPrice(None, f"no price is known for tuning {order.base}")
    return _of(found, order.base)


def custom_price(order: RemoteOrder) -> TrainingPrice:
    """That of the person's own file, under the provider ``custom``. Raises TeacherError."""
    own = Path(order.prices).expanduser() if order.prices else None
    found = price_list(own).prices.get(("custom", order.base))
    return TrainingPrice(None, "no price is known") if found is None else _of(found, order.base)


def _of(price: Price, base: str) -> TrainingPrice:
    if price.training is None:
        return TrainingPrice(None, f"no price is known for tuning {base}")
    return TrainingPrice(price.training, f"{price.source} (prices of {price.date})")


async def cost_of_chats(order: RemoteOrder, sent: Sent, price: TrainingPrice) -> Cost:
    """Of files of chats, which are trained on as often as there are passes. Raises OSError."""
    from training.teachers.counting import tiktoken_count

    counted, most, how = 0, 0, ""
    for line in _lines(sent.files["training"]):
        tokens, how = await tiktoken_count(order.base, orjson.loads(line))
        counted += tokens
        most += round(tokens * _ADDED) if "tiktoken" in how else len(line)
    passes = max(1.0, order.settings.epochs)
    basis = f"{price.said}; tokens {how}"
    return Cost(price.cost_of(passes * counted), price.cost_of(passes * most), basis, round(passes * counted))


def _lines(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        yield from file
