"""What teachers cost, from one data file with its date, and from entries of the person's own before it.

Invariant: a model that nobody priced is said to be so, never taken for free. What runs on this machine, or is
a program, costs nothing.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.teachers.base import ProviderConfig, TeacherError, Tokens, UnknownPrice

_SNAPSHOT = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|-latest)$")
_MILLION = 1e6


class Price(BaseModel):
    """US dollars for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    name: str
    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    written: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    batch: float = Field(default=1.0, ge=0, le=1)
    long_over: int | None = Field(default=None, ge=1)
    long_input: float = Field(default=1.0, ge=1)
    long_output: float = Field(default=1.0, ge=1)
    training: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    source: str = ""
    date: str = ""

    def cost(self, tokens: Tokens, *, batch: bool = False) -> float:
        """Dollars for a reply that took ``tokens``."""
        long = self.long_over is not None and tokens.prompt > self.long_over
        plain = tokens.prompt - tokens.cached - tokens.cache_written
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.written is None else self.written
        given = plain * self.input + tokens.cached * cached + tokens.cache_written * written
        made = tokens.completion * self.output
        total = given * (self.long_input if long else 1.0) + made * (self.long_output if long else 1.0)
        return total / _MILLION * (self.batch if batch else 1.0)

    def worst(self, prompt: int, completion: int, *, batch: bool = False) -> float:
        """The most that a prompt of at most ``prompt`` tokens and a reply of ``completion`` can cost."""
        into_cache = prompt if (self.written or 0.0) > self.input else 0
        return self.cost(Tokens(prompt, 0, into_cache, completion), batch=batch)


FREE_OF_CHARGE = Price(provider="", name="", input=0, output=0, source="runs on this machine")


@dataclass(frozen=True)
class PriceList:
    """``of`` finds the price of a model, snapshots such as ``gpt-4o-2024-08-06`` by the name they are of."""

    prices: Mapping[tuple[str, str], Price]

    def of(self, config: ProviderConfig) -> Price:
        """Raises UnknownPrice."""
        if config.provider in ("local", "scripted"):
            return FREE_OF_CHARGE
        for name in (config.model, _SNAPSHOT.sub("", config.model)):
            if price := self.prices.get((config.provider, name)):
                return price
        raise UnknownPrice(
            f"no price is known for {config.model or 'a model without a name'} of {config.provider}: add a "
            "[[model]] with provider, name, input and output (dollars for a million tokens) to the file that "
            "teachers.prices names"
        )


def price_list(own: Path | None = None) -> PriceList:
    """The shipped prices, with those of the file ``own`` before them. Raises TeacherError over that file."""
    shipped = (resources.files("training.teachers") / "data" / "prices.toml").read_text("utf-8")
    prices = _read(tomllib.loads(shipped), "prices.toml")
    if own is not None:
        try:
            prices |= _read(tomllib.loads(own.read_text("utf-8")), str(own))
        except (OSError, ValueError) as error:
            raise TeacherError(f"{own}: the prices cannot be read: {error}") from None
    return PriceList(prices)


def _read(data: Mapping[str, Any], where: str) -> dict[tuple[str, str], Price]:
    prices: dict[tuple[str, str], Price] = {}
    entries = data.get("model", [])
    if not isinstance(entries, list):
        raise TeacherError(f"{where}: model must be a list: write [[model]] before each price")
    for number, entry in enumerate(entries, 1):
        try:
            price = Price.model_validate({"date": data.get("date", ""), **entry})
        except (ValidationError, TypeError) as error:
            said = error.errors()[0] if isinstance(error, ValidationError) else None
            problem = f"{'.'.join(map(str, said['loc']))}: {said['msg']}" if said else str(error)
            raise TeacherError(f"{where}: [[model]] number {number}: {problem}") from None
        prices[price.provider, price.name] = price
    return prices
