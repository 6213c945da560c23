"""Fine-tuning runs as they are named on the command line."""

from pathlib import Path

from assistant.cli import watching


def folder_of(run: str) -> Path:
    """The folder of a run: as it is given, or that of a fine-tuning job. Raises JobError."""
    from training.jobs.base import JobError

    path = Path(run).expanduser()
    if "/" in run or path.exists():
        return path
    store = watching.jobs_store()
    if run != "last":
        return store.get(run).folder
    runs = [job for job in store.all() if job.spec.kind == "finetune"]
    if not runs:
        raise JobError("there is no fine-tuning run; apprentice train run --data FOLDER starts one")
    newest = runs[0]
    if newest.state != "done":
        done = next((f"; {job.id} is the last one that ended" for job in runs if job.state == "done"), "")
        raise JobError(f"the last run, {newest.id}, is {newest.state}{done}")
    return newest.folder


def start_of(named: str) -> Path:
    """What to train further: the adapter of a student, by id or name, or a run's outputs. Raises JobError."""
    return origin_of(named)[0]


def origin_of(named: str) -> tuple[Path, str]:
    """``start_of``, and the run that it comes from; empty where that is not known. Raises JobError."""
    from training.export.source import run_id
    from training.jobs.base import JobError
    from training.registry.serving import own_registry

    student = own_registry().find(named)
    if student is None:
        outputs = outputs_of(named)
        return outputs, run_id(outputs) if outputs.is_dir() else ""
    if student.adapter is None:
        raise JobError(f"{student.id} ({student.name}) is whole, not an adapter; name it with --base instead")
    return student.adapter, student.manifest.lineage.run_id


def outputs_of(run: str) -> Path:
    """Where the run has put its weights. Raises JobError."""
    folder = folder_of(run)
    return folder / "outputs" if (folder / "outputs").is_dir() else folder
