"""The options that say what is to be trained, the same for every command that takes them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.runs import start_of

if TYPE_CHECKING:
    from training.finetune.order import Order
    from training.finetune.settings import FinetuneSettings

_OPTIONS = (
    click.option(
        "--data", required=True, type=click.Path(path_type=Path), help="Folder with train.jsonl, or a file."
    ),
    click.option(
        "--base", default="embedded", help="What is tuned: 'embedded', an id of `models list`, a GGUF."
    ),
    click.option(
        "--prompt",
        default="tuned",
        help="Prompt to tune with: a TOML file, or reading, tuned, small, general.",
    ),
    click.option("--name", default="", help="What to call the run."),
    click.option(
        "--from",
        "start",
        metavar="RUN|STUDENT",
        default="",
        help="Train the weights of an earlier run, or the adapter of a student, further.",
    ),
    click.option(
        "--method",
        type=click.Choice(["lora", "qlora", "full"]),
        help="Train an adapter, an adapter over 4 bits on a GPU, or all weights.",
    ),
    click.option("--rank", type=int, help="Rank of the adapter."),
    click.option("--epochs", type=float, help="Passes over the examples."),
    click.option("--learning-rate", type=float, help="At its peak."),
    click.option("--batch", type=int, help="Examples per step."),
    click.option("--max-tokens", type=int, help="A longer example is left out, and said."),
    click.option("--seed", type=int, help="Of weights, order and tools."),
    click.option("--threads", type=int, help="Threads; 0 takes all cores."),
    click.option("--processes", type=int, metavar="N", help="So many train together here, one for each GPU."),
    click.option("--machines", type=int, metavar="N", help="So many machines train together."),
    click.option("--machine", type=int, metavar="K", help="Which of them this is; 0 writes the result."),
    click.option("--meet", metavar="HOST:PORT", help="Where machine 0 waits for the others."),
    click.option("--sharded", is_flag=True, default=None, help="Spread the base over all of them (FSDP)."),
    click.option("--set", "others", metavar="NAME=VALUE", multiple=True, help="Any other setting of a run."),
)


def of_an_order(command: Any) -> Any:
    """Adds the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def order_of(
    data: Path,
    base: str,
    prompt: str,
    name: str,
    start: str,
    others: tuple[str, ...],
    *,
    here: bool = True,
    **settings: Any,
) -> "Order":
    """``here`` says that this machine carries it out. Raises JobError, click.UsageError."""
    from training.finetune.order import order

    return order(
        data,
        base=base,
        prompt=prompt,
        name=name,
        start=start_of(start) if start else None,
        settings=tuning_settings(others, settings),
        here=here,
    )


def tuning_settings(others: tuple[str, ...], given: dict[str, Any]) -> "FinetuneSettings":
    """Raises click.UsageError naming the setting that is wrong."""
    from assistant.train_wanted import pairs, settings_of
    from training.jobs.base import JobError

    named = {name: value for name, value in given.items() if value is not None}
    try:
        more = pairs(others)
    except JobError as error:
        raise click.UsageError(f"--set {error}") from None
    try:
        return settings_of({**named, **more})
    except JobError as error:
        raise click.UsageError(str(error)) from None
