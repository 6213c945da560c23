"""The money of one request, from its reservation to its charge.

Invariant: what is reserved is in the journal before anything is sent, and what became of it is there before
the reserve is given up. What a dead process had reserved counts as spent.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from training.teachers.base import (
    GenerationMetrics,
    ProviderConfig,
    TeacherError,
    TeacherReply,
    TeacherRequest,
    Tokens,
    Unanswered,
)
from training.teachers.budget import Budget
from training.teachers.counting import most_tokens
from training.teachers.identity import max_tokens, reply_to_dict
from training.teachers.journal import Journal, What
from training.teachers.ledger import Charge, Ledger, charge_of
from training.teachers.prices import Price


@dataclass
class Books:
    """What all requests of a run share."""

    journal: Journal
    budget: Budget
    ledger: Ledger
    metrics: GenerationMetrics


class Spending:
    """Fulfils ``Spend``. Without a ``price`` nothing is reserved, and the charges say that none is known.

    ``batch`` is the label of the batch that the request is a part of.
    """

    def __init__(
        self,
        books: Books,
        key: str,
        request: TeacherRequest,
        config: ProviderConfig,
        price: Price | None,
        batch: str = "",
    ) -> None:
        self._books = books
        self._key = key
        self._price = price
        self._batch = bool(batch)
        self._label = {"batch": batch} if batch else {}
        self._about = {
            "example": request.id,
            "provider": config.provider,
            "model": config.model,
            "purpose": request.purpose,
        }
        most = most_tokens(request), max_tokens(config, request)
        self.worst = price.worst(*most, batch=self._batch) if price else 0.0
        self.open = False

    async def attempt(self) -> None:
        await self._books.budget.reserve(self.worst)
        self.open = True
        self._books.metrics.attempts += 1
        self._books.journal.write("asked", self._key, usd=self.worst, about=self._about)

    async def failed(self, problem: TeacherError) -> None:
        billed = isinstance(problem, Unanswered) and problem.billed
        tokens = problem.tokens if isinstance(problem, Unanswered) else None
        charge = self._charge(tokens, lost=True) if billed else None
        self._write("nothing", charge, problem=str(problem))
        await self._close(charge)

    async def replied(self, reply: TeacherReply) -> TeacherReply:
        """The reply with its cost, stored."""
        charge = self._charge(reply.tokens)
        priced = {**reply_to_dict(reply), "cost_usd": charge["cost_usd"], "batch": self._batch}
        self._write("reply", charge, reply=priced)
        await self._close(charge)
        return replace(reply, cost_usd=charge["cost_usd"], batch=self._batch)

    def _charge(self, tokens: Tokens | None, *, lost: bool = False) -> dict[str, Any]:
        full = cost = None
        if self._price is not None:
            cost = self._price.cost(tokens, batch=self._batch) if tokens else self.worst
            full = self._price.cost(tokens) if tokens else cost
        return {
            **self._about,
            "tokens": asdict(tokens or Tokens()),
            "cost_usd": cost,
            "saved_usd": (full or 0.0) - (cost or 0.0),
            "batch": self._batch,
            "lost": lost,
        }

    def _write(self, what: What, charge: dict[str, Any] | None, **values: Any) -> None:
        charged = {} if charge is None else {"charge": charge}
        self._books.journal.write(what, self._key, **self._label, **values, **charged)

    async def _close(self, charge: dict[str, Any] | None) -> None:
        self.open = False
        if charge is not None:
            self._books.ledger.add(Charge(at="", **{**charge, "tokens": Tokens(**charge["tokens"])}))
        cost = (charge or {}).get("cost_usd") or 0.0
        await self._books.budget.settle(self.worst, cost, held=self._batch)


def write_off(journal: Journal, key: str, asked: dict[str, Any]) -> Charge:
    """A request of which nobody will know more: it counts at its worst case."""
    charge = {
        **asked["about"],
        "tokens": asdict(Tokens()),
        "cost_usd": asked["usd"],
        "saved_usd": 0.0,
        "batch": False,
        "lost": True,
    }
    journal.write("nothing", key, problem="its reply was not received", charge=charge)
    made = charge_of({"at": "", "what": "nothing", "key": key, "charge": charge})
    assert made is not None, "a charge was just written"
    return made
