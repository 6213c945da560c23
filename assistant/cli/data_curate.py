"""``apprentice data curate|datasets|dropped|diff``: datasets of the decisions that teach the most.

Invariant: a curation is a job; facts go to stdout, its notes and its progress to stderr.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from assistant.cli import data_curate_text, watching
from assistant.cli.data_options import filter_option, json_option
from assistant.cli.failures import complain
from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_text, raw_option
from assistant.cli.jobs import facts
from assistant.cli.moments import moment

if TYPE_CHECKING:
    from training.curation.order import Order
    from training.curation.recipe import Recipe
    from training.datasets.store import DatasetStore
    from training.jobs.base import Job

_METHODS = click.Choice(["kmeans", "dbscan", "hdbscan"])


@click.command()
@click.option("--since", type=moment, metavar="TIME", help="Only from this time on: 2026-11-20, 7d.")
@click.option("--until", type=moment, metavar="TIME", help="Only before this time.")
@filter_option
@click.option("--threshold", type=float, help="Cosine from which on a decision is a duplicate (0.95).")
@click.option(
    "--embedder",
    help="'static' (shipped), 'letters', 'minilm', or a model of sentence-transformers.",
)
@click.option(
    "--second", metavar="MODEL", help="Looks again where the first pass is in doubt, such as 'minilm'."
)
@click.option("--clusters", type=int, help="So many clusters; without it, all that is no duplicate stays.")
@click.option("--per-cluster", type=int, help="Examples that stand for a cluster (5).")
@click.option("--method", type=_METHODS, help="How decisions are clustered.")
@click.option("--top", type=int, help="The best of all stay too, so many, whatever their cluster (0).")
@click.option("--rename", "renames", multiple=True, metavar="OLD=NEW", help="A tool, or TOOL.ARGUMENT.")
@click.option("--keep", multiple=True, metavar="EVENT", help="A decision that stays in any case.")
@click.option(
    "--judged",
    multiple=True,
    metavar="FILE",
    help="What teachers said: the --output of `teach grade` or `teach relabel`.",
)
@click.option("--seed", type=int, help="Of clusters and splits.")
@click.option("--recipe", "file", metavar="FILE", help="TOML with these and all other settings.")
@click.option("--log", "url", metavar="URL", help="The log; by default that of the settings.")
@click.option("--draft", is_flag=True, help="Publish nothing; say what would be left out.")
@click.option(
    "--map", "image", metavar="FILE.svg", help="Draw the decisions, by what they are like, by tool."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="Where it is computed: here, or on the cluster of Ray that RAY_ADDRESS names.",
)
@click.option("--watch/--detach", default=True, help="Follow the job, or return at once.")
@json_option
@pass_invocation
def curate(
    invocation: Invocation,
    /,
    url: str | None,
    draft: bool,
    image: str | None,
    judged: tuple[str, ...],
    engine: Literal["local", "ray"],
    watch: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Make a dataset of the decisions in the log, and publish distillation_training_data.

    Only what succeeded, or what a person or a teacher named, is right; what was refused is kept apart with
    the reason. Duplicates go, a few of each cluster stay where --clusters is given, and sessions are split
    into train, validation and test. `apprentice data dropped` shows what was left out and why; --keep
    overrules.

    Ctrl+C stops the watching, not the job.
    """
    from assistant import paths
    from training.curation.order import Order, job_of

    if image is not None and not (watch and image.endswith(".svg")):
        raise click.UsageError("--map takes the name of an SVG file, and --watch: it is drawn in the end")
    recipe = _recipe(**given)
    order = Order(
        log=url or invocation.settings().events.url or str(paths.events_dir()),
        datasets=paths.data_dir() / "datasets",
        products=paths.data_dir() / "products",
        cache=paths.vectors_cache(),
        recipe=recipe,
        judged=tuple(Path(file).expanduser().absolute() for file in judged),
        engine=engine,
        draft=draft,
        map=image is not None,
    )
    store = watching.jobs_store()
    job = store.submit(job_of(order))
    code = watching.watch(store, job.id, quiet=True) if watch else 0
    job = store.get(job.id)
    if image is not None and code == 0:
        _drawn(job, order, Path(image).expanduser())
    if as_json:
        print_json(facts(job))
    else:
        click.echo(data_curate_text.ended(job) if watch else job.id)
    return code


@click.command()
@click.argument("dataset", required=False)
@json_option
@raw_option
def datasets(dataset: str | None, as_json: bool) -> None:
    """All datasets, or what is known of one, given by its id, the beginning of it, or 'last'."""
    store = _store()
    if dataset is None:
        for line in store.problems():
            complain(line)
        found = store.all()
        if as_json:
            print_json([one.model_dump(mode="json") for one in found])
        else:
            click.echo(data_curate_text.table(found))
        return
    one = store.get(dataset)
    shown = {
        **one.model_dump(mode="json"),
        "folder": str(store.folder / one.id),
        "damage": store.damage(one.id),
    }
    print_json(shown) if as_json else print_text(data_curate_text.detail(shown))


@click.command()
@click.argument("dataset", default="last")
@click.option("--stage", help="Only what this stage left out, such as dedup.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@json_option
@pass_invocation
def dropped(invocation: Invocation, dataset: str, stage: str | None, limit: int, as_json: bool) -> None:
    """What was left out of a dataset, why, and for which other decision, side by side."""
    from assistant import paths
    from training.datasets.manifest import DROPPED
    from training.events import open_log
    from training.events.decisions import find_row

    found = [one for one in _store().lines(dataset, DROPPED) if stage in (None, one["stage"])]
    log = open_log(invocation.settings().events.url or paths.events_dir(), create=False)
    try:
        shown = [data_curate_text.left_out(one, lambda event: find_row(log, event)) for one in found[:limit]]
    finally:
        log.close()
    print_json(shown) if as_json else print_text(data_curate_text.left_out_table(shown))
    if len(found) > limit:
        click.echo(f"{len(found) - limit} more; --limit shows more, --stage chooses", err=True)


@click.command()
@click.argument("before")
@click.argument("after", default="last")
@json_option
@raw_option
def diff(before: str, after: str, as_json: bool) -> None:
    """What changed from the dataset BEFORE to AFTER: examples, tools, settings."""
    from training.datasets.difference import difference

    found = difference(_store(), before, after)
    print_json(found) if as_json else print_text(data_curate_text.difference(found))


def _recipe(
    file: str | None,
    since: datetime | None,
    until: datetime | None,
    where: dict[str, Any],
    renames: tuple[str, ...],
    keep: tuple[str, ...],
    **numbers: Any,
) -> "Recipe":
    """Flags come before the file. Raises CurationError, click.UsageError."""
    from training.curation.base import CurationError
    from training.curation.drift import parse_renames
    from training.curation.recipe import make_recipe, read_recipe

    wanted = read_recipe(Path(file).expanduser()) if file else {}
    try:
        flags = {
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
            "where": where,
            "renames": parse_renames(renames).model_dump() if renames else {},
            "keep": keep,
            **{name: value for name, value in numbers.items() if value is not None},
        }
        return make_recipe(
            {**wanted, **{name: value for name, value in flags.items() if value not in ("", {}, ())}}
        )
    except CurationError as error:
        raise click.UsageError(str(error)) from None


def _drawn(job: "Job", order: "Order", path: Path) -> None:
    """Raises CurationError."""
    from assistant.curate_map import write_map
    from training.curation.draft import DRAFT

    write_map(job.outputs / DRAFT, order.recipe, path)


def _store() -> "DatasetStore":
    from assistant import paths
    from training.datasets.store import DatasetStore

    return DatasetStore(paths.data_dir() / "datasets")
