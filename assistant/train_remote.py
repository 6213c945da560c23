"""Tuning elsewhere, from words to an order that says what it costs; the same for every interface."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.settings import Settings
    from training.finetune.settings import FinetuneSettings
    from training.remote.base import Cost, ProviderName
    from training.remote.offers import Offer
    from training.remote.order import RemoteOrder

PROVIDERS = ("local", "openai", "huggingface", "custom")


@dataclass(frozen=True)
class Asked:
    """An order, and what it costs. ``examples`` are those to learn from."""

    order: "RemoteOrder"
    cost: "Cost"
    examples: int
    validation: int


def asked_for(
    settings: "Settings",
    provider: "ProviderName",
    data: Path,
    *,
    base: str,
    prompt: str,
    name: str,
    tuning: "FinetuneSettings",
    max_cost: float | None,
) -> Asked:
    """Nothing is charged. Raises JobError where it cannot be done or could cost too much, TeacherError."""
    from assistant.teaching import budget_of
    from training.remote.order import remote_order

    order = remote_order(
        provider,
        data,
        base=base,
        prompt=prompt,
        name=name,
        settings=tuning,
        place=settings.remote,
        prices=settings.teachers.prices,
        max_cost_usd=budget_of(settings, max_cost),
    )
    return asyncio.run(_priced(order))


async def _priced(order: "RemoteOrder") -> Asked:
    from sandbox.scratch import scratch_folder
    from training.remote.create import cost, create_remote, prepare

    await create_remote(order).close()  # a key or an address that is missing is said first
    with scratch_folder("remote") as folder:
        sent = await asyncio.to_thread(prepare, order, folder / "sent")
        found = await cost(order, sent)
    priced = order.model_copy(update={"at_most_usd": found.at_most_usd})
    priced.check_budget()
    return Asked(priced, found, sent.examples, sent.validation)


def asked_text(asked: Asked) -> str:
    """A fact per line."""
    order, cost = asked.order, asked.cost
    tokens = f"{cost.tokens:,} trained tokens" if cost.tokens is not None else ""
    facts = [
        ("tune", f"{order.base} at {order.provider}"),
        (
            "examples",
            f"{asked.examples:,} to learn from, {asked.validation:,} to look at; they are sent there",
        ),
        ("tokens", tokens),
        ("cost", _dollars(cost)),
        ("from", cost.basis),
    ]
    return "\n".join(f"{name:9}  {value}" for name, value in facts if value)


def _dollars(cost: "Cost") -> str:
    if cost.usd is None:
        return "price unknown"
    bound = "" if cost.at_most_usd is None else f", at most ${cost.at_most_usd:,.2f}"
    return f"about ${cost.usd:,.2f}{bound}"


def offers_text(found: "Sequence[Offer]", as_of: str) -> str:
    """A paragraph for each."""
    lines: list[str] = []
    for one in found:
        if one.offered:
            ready = f"not ready: {one.problem}" if one.problem else "ready"
            lines += [f"{one.name:12}  {ready}", f"{'':12}  {one.what}", f"{'':12}  cost: {one.cost}"]
        else:
            lines.append(f"{one.name:12}  not offered: {one.reason}")
    return "\n".join([*lines, f"(as known on {as_of})"])
