"""Learning corrections as a user asks for it: what would be learned, how long it takes, letting it serve.

Invariant: the command line and the chat ask for the same job, and neither deploys without being told to.
"""

import tempfile
from collections.abc import Mapping
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.learning_job import DATA, PROMPT, LearnOrder, learning_job, order_of, prompt_of, stored
from training.jobs.base import Job, JobError
from training.learning.plan import Plan

if TYPE_CHECKING:
    from assistant.settings import Settings
    from training.finetune.estimate import Estimate

SHOWN = 40


def planned(settings: "Settings", workspace: Path) -> tuple[Plan, LearnOrder]:
    """What the serving student is to learn in a project, as an order.

    Raises JobError, EventLogError, RegistryError.
    """
    from assistant import paths
    from tools.registry import builtin_registry
    from training.corrections.book import Corrections
    from training.events import folder_of, is_postgres, open_log
    from training.learning.plan import plan
    from training.registry.serving import own_registry, serving

    if settings.student.remote:
        raise JobError("the settings name a model at an endpoint; only a student on this machine learns here")
    student = serving(settings.student, own_registry())
    where = settings.events.url or paths.events_dir()
    if not is_postgres(where) and not any(folder_of(where).glob("*")):
        found = Plan(())
    else:
        with closing(open_log(where, create=False)) as log:
            book = Corrections(log)
            book.refresh()
            tools = builtin_registry().signatures()
            found = plan(book, str(workspace), tools, student.id if student else "")
    asked = LearnOrder(
        project=str(workspace),
        student=student.id if student else "",
        base=student.manifest.base.model if student else settings.student.model,
        corrections=tuple(map(stored, found.corrections)),
        known=tuple(map(stored, found.known)),
    )
    return found, asked


def estimated(asked: LearnOrder, found: Plan) -> "Estimate":
    """What the training will take, before its examples are made: as if all of them were as long as those of
    the corrections. Raises JobError, StudentError, ModelError."""
    from assistant.train_wanted import estimated as estimated_run
    from tools.registry import builtin_registry
    from training.datasets.example import to_line
    from training.learning.examples import of_corrections, replayed_count, wordings

    said = wordings(found.corrections).learned
    lines = [to_line(one) for one in of_corrections(said, builtin_registry().signatures())]
    count = len(lines) + min(asked.replayed, replayed_count(len(lines)))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / DATA
        data.mkdir()
        (data / PROMPT).write_text(prompt_of(asked), "utf-8")
        (data / "train.jsonl").write_bytes(b"".join(islice(cycle(lines), count)))
        most = min(asked.ordinary, asked.settings.validation_most)
        (data / "validation.jsonl").write_bytes(b"".join(islice(cycle(lines), most)))
        return estimated_run(order_of(asked, data))


def time_text(asked: LearnOrder, found: Plan) -> str:
    """How long the training takes, in a line; this machine's speed is measured for a moment.

    Raises JobError, StudentError, ModelError.
    """
    from assistant.job_text import duration

    seconds = estimated(asked, found).seconds
    return f"time: about {duration(seconds)} of training, then the student is proved and judged"


def begun(asked: LearnOrder) -> Job:
    """The job, started. Raises JobError, also where nothing can be trained here."""
    from assistant import paths
    from training.finetune.installed import check_installed
    from training.jobs.store import Jobs

    check_installed()
    return Jobs(paths.jobs_dir()).submit(learning_job(asked))


def plan_text(found: Plan) -> str:
    """What was corrected, and what will be trained, a line each."""
    from assistant.plain.steps import call_text
    from training.learning.examples import replayed_count, wordings

    said = wordings(found.corrections)
    lines = [f"{len(found.corrections)} corrections to learn:"]
    lines += [
        f"  {one.request}  ->  {call_text(one.tool, dict(one.arguments))}"
        for one in found.corrections[:SHOWN]
    ]
    if more := len(found.corrections) - SHOWN:
        lines += [f"  and {more} more"] if more > 0 else []
    lines += [f"left out: {request}: {why}" for request, why in found.left_out.items()]
    lines.append(
        f"trained: {len(said.learned)} wordings of them, about {replayed_count(len(said.learned))} other "
        f"examples against forgetting; {len(said.kept)} wordings are kept apart to judge by"
    )
    return "\n".join(lines)


def deploy(settings: "Settings", student: str, now: Any) -> list[str]:
    """Let a student that won serve; what the user should know. Raises RegistryError, SettingsError."""
    from assistant.model_choice import let_serve
    from assistant.telling import tell_log
    from training.registry.serving import own_registry

    registry = own_registry()
    notices = let_serve(registry.deploy(student), settings.student, now)
    tell_log(settings, registry)
    return notices


def figures_text(facts: Mapping[str, Any]) -> str:
    """Right calls before and after, a kind of case per line."""
    before, after = facts["before"], facts["after"]
    lines = []
    for kind, one in after.items():
        then, now = before[kind]["right_calls"], one["right_calls"]
        lines.append(f"{kind:18} {then:>4} of {one['cases']} right before, {now} after")
    return "\n".join(lines)
