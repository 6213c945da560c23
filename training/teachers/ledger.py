"""The cost ledger: what each example, run and provider took, read from the journal of the run.

Invariant: what was lost (a reply that never came and may have been billed) is in the sum at its worst case,
and shown apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.teachers.base import Tokens
from training.teachers.journal import Entry, read_entries

Group = tuple[str, str, str]
"""Provider, model as it was asked for, purpose."""


@dataclass(frozen=True)
class Charge:
    """One line of the ledger. ``cost_usd`` is None where no price was known; ``lost`` where no reply came."""

    at: str
    example: str
    provider: str
    model: str
    purpose: str
    tokens: Tokens
    cost_usd: float | None
    saved_usd: float = 0.0
    """What the batch API's price was lower by."""
    batch: bool = False
    lost: bool = False


@dataclass
class Sums:
    """Of one group."""

    replies: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    cost_usd: float = 0.0
    saved_usd: float = 0.0
    lost_usd: float = 0.0
    unpriced: int = 0
    batched: int = 0

    def add(self, charge: Charge) -> None:
        self.tokens += charge.tokens
        self.cost_usd += charge.cost_usd or 0.0
        self.saved_usd += charge.saved_usd
        self.unpriced += charge.cost_usd is None
        if charge.lost:
            self.lost_usd += charge.cost_usd or 0.0
        else:
            self.replies += 1
            self.batched += charge.batch


@dataclass
class Ledger:
    """Sums by group. It grows with the number of groups, not of replies."""

    groups: dict[Group, Sums] = field(default_factory=dict)

    def add(self, charge: Charge) -> None:
        self.groups.setdefault((charge.provider, charge.model, charge.purpose), Sums()).add(charge)

    @property
    def total(self) -> Sums:
        """Everything together."""
        whole = Sums()
        for sums in self.groups.values():
            whole.tokens += sums.tokens
            for name in ("replies", "cost_usd", "saved_usd", "lost_usd", "unpriced", "batched"):
                setattr(whole, name, getattr(whole, name) + getattr(sums, name))
        return whole

    def rows(self) -> list[dict[str, Any]]:
        """JSON-ready, the dearest group first."""
        ordered = sorted(self.groups.items(), key=lambda item: -item[1].cost_usd)
        return [
            {"provider": provider, "model": model, "purpose": purpose, **row(sums)}
            for (provider, model, purpose), sums in ordered
        ]


def row(sums: Sums) -> dict[str, Any]:
    """JSON-ready. ``cost_usd`` is None where no price is known; it is a part where some are not."""
    tokens = sums.tokens
    unknown = sums.unpriced and not sums.cost_usd
    return {
        "replies": sums.replies,
        "prompt_tokens": tokens.prompt,
        "cached_tokens": tokens.cached,
        "completion_tokens": tokens.completion,
        "cost_usd": None if unknown else round(sums.cost_usd, 6),
        "saved_by_batch_usd": round(sums.saved_usd, 6),
        "lost_usd": round(sums.lost_usd, 6),
        "batched": sums.batched,
        "without_price": sums.unpriced,
    }


def read_ledger(folder: Path) -> Ledger:
    """The ledger of the run in ``folder``, which may be under way."""
    ledger = Ledger()
    for charge in charges(folder):
        ledger.add(charge)
    return ledger


def charges(folder: Path) -> Iterator[Charge]:
    """What was charged for each example, in order."""
    return (charge for entry in read_entries(folder) if (charge := charge_of(entry)) is not None)


def charge_of(entry: Entry) -> Charge | None:
    """What an entry of the journal says of costs, None where it says nothing."""
    data: Mapping[str, Any] | None = entry.get("charge")
    if data is None:
        return None
    return Charge(at=entry["at"], **{**data, "tokens": Tokens(**data["tokens"])})
