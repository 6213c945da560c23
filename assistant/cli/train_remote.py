"""``apprentice train providers``, and ``train run --provider`` where that is not this machine.

Invariant: what it costs is said before anything is sent, and a person is asked above
``teachers.confirm_usd``.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli import watching
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.jobs import as_json, facts
from assistant.cli.teach_asking import ask
from assistant.cli.train_options import tuning_settings
from assistant.text_safety import clean
from assistant.train_remote import PROVIDERS, asked_for, asked_text, offers_text

if TYPE_CHECKING:
    from assistant.train_remote import Asked
    from training.remote.base import ProviderName

_PROMPT = {"huggingface": "tuned"}
"""What a model is tuned with where nothing else is said: the prompt that it will be given."""

at_a_provider = click.option(
    "--provider",
    type=click.Choice(PROVIDERS),
    default="local",
    show_default=True,
    help="Where it is tuned; `train providers` says what each needs.",
)
within = click.option(
    "--max-cost", type=click.FloatRange(min=0), metavar="USD", help="Do not start what could cost more."
)


@click.command()
@as_json
@pass_invocation
def providers(invocation: Invocation, /, as_json: bool) -> None:
    """Where a model can be tuned, what is missing for it, and where it cannot be, with the reason."""
    from training.remote.offers import AS_OF, offers

    found = offers(invocation.settings().remote)
    if as_json:
        print_json({"as_of": AS_OF, "providers": [asdict(one) for one in found]})
    else:
        click.echo(clean(offers_text(found, AS_OF)))


def run_elsewhere(
    invocation: Invocation,
    provider: "ProviderName",
    *,
    detach: bool,
    yes: bool,
    as_json: bool,
    max_cost: float | None,
    **given: Any,
) -> int:
    """As a job, watched unless it is to be left alone."""
    from assistant.teaching import needs_word
    from training.remote.order import job_of

    found = _asked(invocation, provider, max_cost, **given)
    click.echo(clean(asked_text(found)), err=True)
    ask(needs_word(found.cost.usd, invocation.settings()), yes=yes)
    store = watching.jobs_store()
    job = store.submit(job_of(found.order))
    if not as_json:
        click.echo(f"job {job.id}: {job.outputs}", err=True)
    code = 0 if detach else watching.watch(store, job.id, quiet=as_json)
    if as_json:
        print_json(facts(store.get(job.id)))
    elif detach:
        click.echo(job.id)
    return code


def _asked(
    invocation: Invocation,
    provider: "ProviderName",
    max_cost: float | None,
    *,
    data: Path,
    base: str,
    prompt: str,
    name: str,
    start: str,
    others: tuple[str, ...],
    **settings: Any,
) -> "Asked":
    if start:
        raise click.UsageError(f"--from is for this machine; {provider} begins with the base")
    source = click.get_current_context().get_parameter_source("prompt")
    if source is click.core.ParameterSource.DEFAULT:
        prompt = _PROMPT.get(provider, "general")
    return asked_for(
        invocation.settings(),
        provider,
        data,
        base=base,
        prompt=prompt,
        name=name,
        tuning=tuning_settings(others, settings),
        max_cost=max_cost,
    )
