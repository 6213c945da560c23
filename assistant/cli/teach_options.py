"""The options that the commands of ``apprentice teach`` share, and what they make of them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.invocation import Invocation
from assistant.teaching import PROVIDERS, Wanted, plan_of, read_models, single

if TYPE_CHECKING:
    from training.generation.plan import Plan

Command = Callable[..., Any]
_COUNT = click.IntRange(min=1, max=10_000_000)

ASKING = (
    click.option(
        "--model", "models", multiple=True, metavar="M", help="Model; PROVIDER=M where several teach."
    ),
    click.option(
        "--temperature", type=click.FloatRange(0, 2), metavar="T", help="By default the model's own."
    ),
    click.option("--max-tokens", type=click.IntRange(16, 1 << 17), metavar="K", help="Longest reply (1024)."),
    click.option(
        "--concurrency", type=click.IntRange(1, 256), metavar="C", help="Requests at the same time."
    ),
    click.option(
        "--max-cost", type=click.FloatRange(min=0), metavar="USD", help="Stop before it costs more."
    ),
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes = click.option("--yes", is_flag=True, help="Do not ask, whatever it costs.")

_MAKING = (
    click.option("--provider", type=click.Choice(PROVIDERS), help="Who makes the examples."),
    click.option("--providers", metavar="A,B,...", help="Several providers, instead of --provider."),
    click.option("--mix-ratio", default="", metavar="40,40,20", help="Their shares in percent; else even."),
    click.option("--num-examples", type=_COUNT, required=True, metavar="N", help="How many examples."),
    *ASKING,
    click.option("--seed", type=click.IntRange(min=0), default=0, metavar="S", help="Of what is drawn (0)."),
    click.option(
        "--way",
        type=click.Choice(["multiply", "label"]),
        help="Reword requests whose calls are known, or choose the call, as local ones do by default.",
    ),
    click.option("--soft-labels", "soft", is_flag=True, help="Ask for the distribution over the tools too."),
    click.option("--batch", is_flag=True, help="By the providers' batch APIs: cheaper, within a day."),
)


def options(*given: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """All of them, in their order."""

    def decorated(command: Command) -> Command:
        for option in reversed(given):
            command = option(command)
        return command

    return decorated


making = options(*_MAKING)
asking = options(*ASKING)


def plan_from(
    invocation: Invocation,
    folder: str | None,
    provider: str | None,
    providers: str | None,
    mix_ratio: str,
    num_examples: int,
    models: tuple[str, ...],
    **given: Any,
) -> "Plan":
    """Without a folder it is the project's own. Raises UsageError over options that do not go together."""
    from assistant.paths import examples_dir
    from training.generation.base import GenerationError
    from training.generation.mixing import read_mix

    if (provider is None) == (providers is None) or (mix_ratio and providers is None):
        raise click.UsageError("give --provider P, or --providers A,B with --mix-ratio")
    try:
        mix = single(provider) if provider else read_mix(providers or "", mix_ratio)
        output = Path(folder) if folder else examples_dir(invocation.workspace)
        if unknown := [name for name in mix if name not in PROVIDERS]:
            raise click.UsageError(f"--providers: {unknown[0]} is none of {', '.join(PROVIDERS)}")
        wanted = Wanted(num_examples, output, mix, read_models(models, mix), **given)
    except GenerationError as error:
        raise click.UsageError(str(error)) from None
    return plan_of(wanted, invocation.settings())
