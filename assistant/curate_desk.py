"""A curation as a person steers it: which decisions, what would be left out and why, at which threshold.

Invariant: the work is the job of ``apprentice data curate``, first as a draft, then for good; what is shown
is read from their folders. Nothing is published that was not seen as a draft.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.moments import moment
from training.curation.base import CurationError
from training.jobs.base import ACTIVE, Job, JobState

if TYPE_CHECKING:
    from training.curation.draft import Draft
    from training.curation.order import Order
    from training.curation.recipe import Recipe
    from training.jobs.store import Jobs

CURATE = "curate"
_WORDS, _NUMBERS = ("second", "method"), ("threshold", "clusters", "per_cluster", "top")


@dataclass(frozen=True)
class CurateForm:
    """What a person writes, as it is written."""

    since: str = ""
    until: str = ""
    filters: str = ""
    threshold: str = "0.95"
    second: str = ""
    clusters: str = "0"
    per_cluster: str = "5"
    method: str = "kmeans"
    top: str = "0"


@dataclass(frozen=True)
class Trial:
    """What a threshold leaves out: ``pairs`` of a decision and the one that it duplicates, with their cosine,
    the least alike first; ``kept`` of ``decisions``, of each tool too. ``whole`` are all that were compared,
    more than ``decisions`` where the draft holds a part of them.
    """

    threshold: float
    decisions: int
    whole: int
    pairs: Sequence[tuple[str, str, float]]
    tools: Mapping[str, tuple[int, int]]

    @property
    def kept(self) -> int:
        return self.decisions - len(self.pairs)


@dataclass(frozen=True)
class Seen:
    """``job`` is the newest curation; ``draft`` the newest draft that is done, ``None`` before the first."""

    job: Job | None = None
    notes: Sequence[str] = ()
    draft: "Draft | None" = None
    draft_id: str = ""

    @property
    def active(self) -> Job | None:
        return self.job if self.job is not None and self.job.state in ACTIVE else None


@dataclass
class CurateDesk:
    """For one person. ``order`` says where the log is and where things go; its recipe is of no account."""

    jobs: "Jobs"
    order: "Order"
    _read: "dict[str, Draft]" = field(default_factory=dict)
    _trials: "dict[tuple[str, float, frozenset[str]], Trial]" = field(default_factory=dict)

    def newest(self) -> CurateForm:
        """The form of the newest curation; an empty one where there is none."""
        job = next((job for job in self.jobs.all() if job.spec.kind == CURATE), None)
        return _form_of(job.spec.arguments["recipe"]) if job else CurateForm()

    def recipe(self, form: CurateForm) -> "Recipe":
        """Raises CurationError, one line on the first field that is wrong."""
        from training.curation.recipe import make_recipe
        from training.products.base import ProductError
        from training.products.where import parse_where

        try:
            where = parse_where([one.strip() for one in form.filters.split(";") if one.strip()])
        except ProductError as error:
            raise CurationError(f"filters: {error}") from None
        wanted = {
            "since": _moment("since", form.since),
            "until": _moment("until", form.until),
            "where": where,
            **{name: getattr(form, name).strip() for name in (*_WORDS, *_NUMBERS)},
        }
        return make_recipe({name: value for name, value in wanted.items() if value != ""})

    def start(self, form: CurateForm) -> Job:
        """Make a draft. Raises CurationError, JobError."""
        return self._submit(self.recipe(form), draft=True)

    def accept(self, draft_id: str, threshold: float, keep: Collection[str]) -> Job:
        """Make the dataset of a draft, at this threshold and with what is to be kept, and publish it.

        Decisions that came after the draft was begun are not in it. Raises CurationError, JobError.
        """
        from training.curation.recipe import make_recipe

        draft = self.jobs.get(draft_id)
        recipe = dict(draft.spec.arguments["recipe"])
        recipe["until"] = recipe["until"] or draft.started or draft.created
        recipe["threshold"] = threshold
        recipe["keep"] = sorted({*recipe["keep"], *keep})
        return self._submit(make_recipe(recipe), draft=False)

    def look(self) -> Seen:
        """Raises CurationError, OSError."""
        jobs = [job for job in self.jobs.all() if job.spec.kind == CURATE]
        drafts = (job for job in jobs if job.spec.arguments.get("draft") and job.state == JobState.DONE)
        done = next(drafts, None)
        if not jobs:
            return Seen()
        return Seen(jobs[0], _notes(jobs[0]), self._draft(done) if done else None, done.id if done else "")

    def trial(self, draft_id: str, threshold: float, keep: Collection[str]) -> Trial:
        """What the draft that was seen last would leave out at this threshold, with ``keep`` in any case.

        Takes time with what is compared.
        """
        key = draft_id, threshold, frozenset(keep)
        if key not in self._trials:
            recipe = self._recipe_of(draft_id)
            kept = [*recipe["keep"], *keep]
            self._trials[key] = _tried(self._read[draft_id], threshold, recipe["floor"], kept)
        return self._trials[key]

    def threshold(self, draft_id: str) -> float:
        """The one that the draft was made with."""
        return float(self._recipe_of(draft_id)["threshold"])

    def _recipe_of(self, job_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.jobs.get(job_id).spec.arguments["recipe"]
        return found

    def _submit(self, recipe: "Recipe", *, draft: bool) -> Job:
        from training.curation.order import job_of

        if any(job.spec.kind == CURATE and job.state in ACTIVE for job in self.jobs.all()):
            raise CurationError("a curation is under way; x stops it")
        return self.jobs.submit(job_of(self.order.model_copy(update={"recipe": recipe, "draft": draft})))

    def _draft(self, job: Job) -> "Draft":
        from training.curation.draft import DRAFT, read_draft

        if job.id not in self._read:
            self._read = {job.id: read_draft(job.outputs / DRAFT)}
        return self._read[job.id]


def curate_desk(log: str, jobs: "Jobs", data: Path, cache: Path) -> CurateDesk:
    """Raises CurationError."""
    from training.curation.order import Order
    from training.curation.recipe import Recipe

    order = Order(
        log=log, datasets=data / "datasets", products=data / "products", cache=cache, recipe=Recipe()
    )
    return CurateDesk(jobs, order)


def _tried(draft: "Draft", threshold: float, floor: int, keep: Collection[str]) -> Trial:
    compared = draft.compared
    found = compared.duplicates(threshold, floor, keep)
    left = sorted(found.dropped.tolist(), key=lambda place: (found.cosine[place], place))
    before, gone = Counter(compared.tools), Counter(compared.tools[place] for place in left)
    return Trial(
        threshold,
        len(compared.names),
        draft.decisions,
        [
            (compared.names[place], compared.names[found.owner[place]], float(found.cosine[place]))
            for place in left
        ],
        {tool: (count - gone[tool], count) for tool, count in before.most_common()},
    )


def _form_of(recipe: Mapping[str, Any]) -> CurateForm:
    from training.products.where import written

    return CurateForm(
        since=recipe["since"],
        until=recipe["until"],
        filters="; ".join(written(recipe["where"])),
        **{name: recipe[name] for name in _WORDS},
        **{name: f"{recipe[name]:g}" for name in _NUMBERS},
    )


def _moment(name: str, text: str) -> str:
    try:
        return moment(text.strip()).isoformat() if text.strip() else ""
    except ValueError as error:
        raise CurationError(f"{name}: {error}") from None


def _notes(job: Job) -> list[str]:
    """What the job said, in order; of one that was resumed, since it began anew."""
    from training.jobs.journal import entries
    from training.jobs.layout import JOURNAL

    said: list[str] = []
    for entry, _ in entries(job.folder / JOURNAL):
        if entry["what"] == "started":
            said.clear()
        elif entry["what"] == "note":
            said.append(str(entry.get("text", "")))
    return said
