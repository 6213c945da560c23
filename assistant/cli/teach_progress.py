"""How far a generation is, on stderr: a bar where a person watches it, else a line for each checkpoint."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from assistant.teach_text import spent

if TYPE_CHECKING:
    from training.generation.run import Step

EVERY = 100


@contextmanager
def steps_bar(total: int) -> "Iterator[Callable[[Step], None]]":
    """Told after each example that was kept."""
    if not sys.stderr.isatty():
        yield _line
        return
    cost = ""

    def shown(_: int | None) -> str:
        return cost

    with click.progressbar(
        length=total, label="examples", file=sys.stderr, show_pos=True, item_show_func=shown
    ) as bar:

        def told(step: "Step") -> None:
            nonlocal cost
            cost = _cost(step)
            bar.update(step.examples - bar.pos)

        yield told


def _line(step: "Step") -> None:
    if step.examples % EVERY == 0 or step.examples == step.wanted:
        cost = f", {said}" if (said := _cost(step)) else ""
        click.echo(f"apprentice: {step.examples} of {step.wanted} examples{cost}", err=True)


def _cost(step: "Step") -> str:
    """Empty where nothing was paid."""
    return spent(step.cost_usd, step.without_price) if step.cost_usd or step.without_price else ""
