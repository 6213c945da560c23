"""``apprentice models``: what the student may be, where it comes from, and what it can do on this machine.

Invariant: nothing of a person's own files is removed; what is set as the student has just been loaded.
"""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from assistant.cli import models_text
from assistant.cli.invocation import Invocation, is_terminal, pass_invocation, print_json, print_notices
from assistant.cli.models_progress import bytes_bar, said, steps_bar
from assistant.cli.students import compare, deploy, lineage, retire, rollback, students
from training.models.base import ModelError, megabytes
from training.models.catalogue import EMBEDDED
from training.models.store import ModelStore
from training.registry.serving import own_registry

KEY = ("student", "model")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """The models that can be the student: list, pull, use, remove, measure. Without a command, list.

    MODEL is an id that `list` shows, the path of a GGUF file, or the URL of an OpenAI-compatible server
    (URL#NAME for one of its models).
    """
    if context.invoked_subcommand is None:
        context.invoke(list_models, as_json=False)


for _command in (students, lineage, compare, deploy, rollback, retire):
    models.add_command(_command)


@models.command("list")
@_as_json
@pass_invocation
def list_models(invocation: Invocation, as_json: bool) -> None:
    """Every model: here, on the hub, and served on this machine; what fits this machine first.

    FITS says whether the memory that is free now holds it, with a context of 4,096 tokens. One is
    recommended, by memory and cores.

    The states: in use; embedded (comes with the program); installed; damaged (not what was pulled); missing;
    partial (pull again, it goes on); available (to be pulled); endpoint (served on this machine now). Of
    trained students: deployed, candidate (never served), retired (served before).
    """
    from assistant.model_choice import listed

    settings = invocation.settings()
    found = asyncio.run(listed(settings, settings.student))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        click.echo(models_text.table(found))
        if said := models_text.recommendation(found):
            click.echo(f"\n{said}")


@models.command()
@click.argument("model", required=False)
@_as_json
def pull(model: str | None, as_json: bool) -> int:
    """Bring MODEL from the Hugging Face hub: an id of the list, or owner/repo:file.gguf.

    Without MODEL it is the one that is recommended for this machine.

    Ctrl+C stops it; the next pull goes on where it stopped. HF_TOKEN and HF_ENDPOINT mean what they mean to
    other tools of the hub.
    """
    from training.models.catalogue import find_source
    from training.models.pull import Pull

    model = model or _recommended()
    store = ModelStore()
    source = find_source(model)
    pulling = Pull(store, source, said=said)
    here = pulling.installed()
    if here is None:
        file = pulling.look_up()
        said(models_text.before_pull(source, file))
        try:
            with bytes_bar(source.id, file.bytes) as told:
                pulling.run(file, told)
        except KeyboardInterrupt:
            said(f"stopped; `apprentice models pull {model}` goes on where it stopped")
            return 130
        here = pulling.installed()
    assert here is not None
    if as_json:
        print_json({**here.model_dump(exclude={"mtime_ns"}), "path": str(store.path(here))})
    else:
        click.echo(f"{here.id} is here: {store.path(here)}\nto use it: apprentice models use {here.id}")
    return 0


def _recommended() -> str:
    from training.models.fitting import recommended, this_machine

    found = recommended(this_machine())
    if found is None:
        raise click.UsageError("no model of the catalogue is recommended for this machine; name one")
    return found.id


@models.command()
@click.argument("model")
@_as_json
@pass_invocation
def use(invocation: Invocation, model: str, as_json: bool) -> None:
    """Load MODEL, and where it works make it the student from now on."""
    from assistant.model_choice import set_student, tried

    settings = invocation.settings()
    said(f"loading {model} ...")
    info = asyncio.run(tried(settings.student, model))
    print_notices(tuple(set_student(model, settings.student, invocation.settings)))
    if as_json:
        print_json({"model": info.model, "context_tokens": info.context_tokens, "notice": info.notice})
        return
    window = f", a window of {info.context_tokens:,} tokens" if info.context_tokens else ""
    click.echo(f"the student is {models_text.safe(info.model)}{window}")
    if info.notice:
        click.echo(f"note: {info.notice}", err=True)


@models.command()
@click.argument("model")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also where it is the student.")
@pass_invocation
def rm(invocation: Invocation, model: str, yes: bool, force: bool) -> None:
    """Remove a model that was pulled, or a trained student. Files of your own are never removed."""
    store = ModelStore()
    if own_registry().find(model) is not None:
        _remove_student(model, yes=yes)
        return
    if model == EMBEDDED:
        raise click.ClickException(f"{EMBEDDED} is part of the installed program")
    found, begun = store.find(model), store.begun(model)
    if found is None and begun is None:
        own = "; a file of your own is yours to remove" if Path(model).exists() else ""
        raise click.ClickException(f"{model!r} is no model that was pulled{own}")
    settings = invocation.settings()
    here = {model, str(store.path(found))} if found else {model}
    if settings.student.model in here and not force:
        raise click.ClickException(
            f"{model} is the student (set by: {settings.origin(KEY)}); use another one first, or give --force"
        )
    size = found.bytes if found else begun.stat().st_size if begun else 0
    if not yes and not (is_terminal() and click.confirm(f"remove {model} ({megabytes(size)})?", err=True)):
        raise click.ClickException(f"{model} was not removed; give --yes")
    store.remove(model)
    click.echo(f"{model} was removed, {megabytes(size)} are free")


def _remove_student(key: str, *, yes: bool) -> None:
    """Ask first; one that serves, or would after a rollback, is kept."""
    registry = own_registry()
    found = registry.get(key)
    size = megabytes(sum(one.bytes for one in found.manifest.files.values()))
    what = models_text.safe(f"{found.id} ({found.name}, {size})")
    if not yes and not (is_terminal() and click.confirm(f"remove {what}?", err=True)):
        raise click.ClickException(f"{found.id} was not removed; give --yes")
    registry.remove(found.id)
    click.echo(f"{what} was removed")


@models.command()
@click.argument("model", required=False)
@_as_json
@pass_invocation
def info(invocation: Invocation, model: str | None, as_json: bool) -> None:
    """What a model is and takes: header, licence, sha256, memory, calibration. The student by default."""
    from training.models.about import about

    settings = invocation.settings()
    found = about(_local(model or settings.student.model), settings.student, ModelStore())
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(models_text.about_text(found))


@models.command()
@click.argument("model", required=False)
@_as_json
@pass_invocation
def calibrate(invocation: Invocation, model: str | None, as_json: bool) -> None:
    """Measure a model on this machine: context that fits, threads, batch, speed. The student by default."""
    from training.models.about import about
    from training.models.calibrating import calibrate as measure
    from training.student.gguf import model_path

    settings = invocation.settings().student
    wanted = _local(model or settings.model)
    with steps_bar("measuring") as steps:
        found = asyncio.run(measure(model_path(wanted), settings.context_tokens, steps=steps))
    if as_json:
        print_json({**found.model_dump(), "best": found.best.model_dump()})
    else:
        click.echo(models_text.calibration_text(about(wanted, settings, ModelStore()), found))


def _local(model: str) -> str:
    """``model``, which is a file. Raises ModelError for a server."""
    if model.startswith(("http://", "https://")):
        raise ModelError(f"{model} is a server; only a file on this machine can be looked into")
    return model
