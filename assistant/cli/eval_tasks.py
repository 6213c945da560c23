"""``apprentice eval tasks``: whole tasks in small repositories, done by the chat and checked by programs."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.eval_options import (
    common_options,
    read_or_complain,
    some_of,
    target_of,
    wanted_student,
)
from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices

if TYPE_CHECKING:
    from assistant.settings import Settings
    from training.evaluation.solving import Outcome
    from training.evaluation.tasks import Task
    from training.evaluation.unfinished import Unfinished


@click.command("tasks")
@click.option("--tasks", "file", required=True, metavar="FILE", help="A TOML file, or a folder of them.")
@click.option(
    "--rounds", type=click.IntRange(1, 200), metavar="N", help="Rounds of calls, whatever the prompt says."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=120.0,
    show_default=True,
    help="The longest for a task.",
)
@common_options
@click.option("--output", metavar="FILE", help="Write every outcome here, as JSON lines.")
@pass_invocation
def tasks(
    invocation: Invocation,
    /,
    file: str,
    rounds: int | None,
    seconds: float,
    model: str | None,
    limit: int | None,
    seed: int | None,
    output: str | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Whole tasks in small repositories: how many the student solves, and in how many steps.

    A file holds one repository and its tasks. Each task is done by the chat in the mode auto, in a session of
    its own, in a temporary workspace with a proven sandbox; nothing of it reaches your sessions or your log.
    It is solved if all its checks hold (the answer says the fact, a file has the change, a command passes in
    the sandbox) and no other file was touched.
    """
    from assistant.cli import eval_task_text, eval_text
    from assistant.cli.eval_run import going_on
    from sandbox.scratch import scratch_folder
    from training.evaluation.task_report import task_report
    from training.evaluation.tasks import read_tasks

    target = target_of(output)
    chosen = some_of(read_or_complain(lambda: read_tasks(Path(file).expanduser())), limit, seed)
    with scratch_folder("tasks") as folder:
        settings = _settings(invocation, folder, model, rounds)
        with _kept(chosen, settings, seconds) as kept:
            with going_on(kept, len(chosen), "tasks", fresh=fresh) as told:
                outcomes = asyncio.run(_solved(chosen, settings, folder, seconds, kept, told))
            if target:
                eval_text.write_lines(target, ({**asdict(one), "solved": one.solved} for one in outcomes))
            facts = {**task_report(chosen, outcomes), **_facts(file, settings)}
            print_json(facts) if as_json else click.echo(eval_task_text.tasks_text(facts))
            kept.discard()


def _settings(invocation: Invocation, folder: Path, model: str | None, rounds: int | None) -> "Settings":
    """The person's own, as they hold in a folder that says nothing, with the student that is asked for.

    Another number of rounds makes another prompt, which is put into ``folder``. Raises StudentError.
    """
    from assistant.settings import load_settings
    from training.registry.serving import in_force
    from training.student.prompt import prompt_text

    settings = load_settings(folder, flags=invocation.flags)
    student = wanted_student(settings.student, model)
    if rounds is not None:
        import tomlkit

        serving = in_force(student)
        prompt = tomlkit.parse(prompt_text(serving.model, serving.prompt))
        prompt["max_rounds"] = rounds
        file = folder / "prompt.toml"
        file.write_text(tomlkit.dumps(prompt), "utf-8")
        student = student.model_copy(update={"prompt": str(file)})
    return settings.model_copy(update={"student": student})


def _kept(
    tasks: "Sequence[Task]", settings: "Settings", seconds: float
) -> "AbstractContextManager[Unfinished[Outcome]]":
    """What was done so far of the same tasks by the same student."""
    from assistant import paths
    from training.evaluation.solving import OUTCOMES
    from training.evaluation.tasks import tasks_fingerprint
    from training.evaluation.unfinished import evaluation_key, unfinished
    from training.registry.serving import in_force
    from training.student.prompt import prompt_for

    student = in_force(settings.student)
    prompt = prompt_for(student.model, student.prompt)
    asked = f"{tasks_fingerprint(tasks)} {seconds} {settings.loop} {settings.context}"
    key = evaluation_key(asked, student, prompt, settings.tools.selection)
    return unfinished(paths.evaluations_dir(), key, OUTCOMES)


async def _solved(
    tasks: "Sequence[Task]",
    settings: "Settings",
    folder: Path,
    seconds: float,
    kept: "Unfinished[Outcome]",
    told: "Callable[[Outcome], None]",
) -> "list[Outcome]":
    from assistant.evaluation.bench import chat_bench
    from training.evaluation.solving import solve_all

    if all(task.id in kept.made for task in tasks):
        return [kept.made[task.id] for task in tasks]
    async with chat_bench(settings, folder, seconds) as bench:
        print_notices(bench.notices)
        return await solve_all(tasks, bench, kept, told)


def _facts(file: str, settings: "Settings") -> dict[str, Any]:
    """Who was evaluated on what."""
    from assistant.cli.eval_options import way_of
    from training.registry.serving import in_force
    from training.student.prompt import prompt_for
    from training.student.temperatures import prompt_fingerprint

    student = in_force(settings.student)
    prompt = prompt_for(student.model, student.prompt)
    return {
        "source": file,
        "model": student.model,
        "adapter": student.adapter_path,
        "prompt": prompt_fingerprint(prompt)[:12],
        "rounds": min(prompt.max_rounds or settings.loop.max_steps, settings.loop.max_steps),
        "selection": way_of(settings, prompt, None),
    }
