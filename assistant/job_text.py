"""Jobs as text, the same in the command line and in the panels."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from training.jobs.base import Job

_BAR = 20
_FOLLOWS = {
    "finetune": "/train proves it and lets it serve",
    "export": "/train shows whether it passed the gate",
    "compare": "/train shows it whole",
    "curate": "/train trains on it",
}


def line(job: "Job") -> str:
    """One job in a line."""
    said = job.error or (progress_line(job) if job.state == "running" else "")
    return f"{job.id}  {job.state:11}  {job.spec.title}" + (f"  {said}" if said else "")


def progress_line(job: "Job") -> str:
    """How far it is: a bar, the share, the rate, the time left; as much of it as is known."""
    if job.state == "queued":
        return "waits for its turn"
    if job.stopping:
        return "stops at its next checkpoint"
    progress = job.progress
    unit = f" {progress.unit}" if progress.unit else ""
    parts = []
    if progress.total:
        share = min(1.0, progress.done / progress.total)
        full = round(share * _BAR)
        parts += ["█" * full + "░" * (_BAR - full), f"{share:4.0%}"]
        parts.append(f"{progress.done:,.0f} of {progress.total:,.0f}{unit}")
    elif progress.done:
        parts.append(f"{progress.done:,.0f}{unit}")
    if progress.rate:
        parts.append(f"{progress.rate:,.1f}{unit or ''}/s")
    if progress.eta_s is not None:
        parts.append(f"{duration(progress.eta_s)} left")
    return "  ".join(parts)


def running_line(jobs: "Iterable[Job]") -> str:
    """The jobs that run, in a few words: what and how far, or how many; empty where none does."""
    running = [job for job in jobs if job.state == "running"]
    if len(running) != 1:
        return f"{len(running)} jobs" if running else ""
    (job,) = running
    done, total = job.progress.done, job.progress.total
    return f"{job.spec.kind} {min(1.0, done / total):.0%}" if total else job.spec.kind


def ending(job: "Job") -> str:
    """How a job ended, in a line, and what may follow."""
    what = f"{job.spec.kind} {job.spec.title}"
    if job.state == "done":
        said = f": {found}" if (found := job.result.get("said")) else ""
        return f"job done: {what}{said}" + (f"; {follows}" if (follows := _follows(job)) else "")
    said = f": {job.error}" if job.error else ""
    return f"job {job.state}: {what}{said}; /jobs shows why and resumes it"


def _follows(job: "Job") -> str:
    if "draft" in job.result:
        return "nothing is published yet: /curate shows what it leaves out and accepts it"
    return _FOLLOWS.get(job.spec.kind, "")


def report(job: "Job") -> str:
    """All that is known of a job, a fact per line."""
    return _lines([*_standing(job), ("arguments", _pairs(job.spec.arguments)), *_yield(job)])


def brief(job: "Job") -> str:
    """The same without what it was asked for."""
    return _lines([*_standing(job), *_yield(job)])


def _lines(facts: "Iterable[tuple[str, str]]") -> str:
    return "\n".join(f"{name:9}  {value}" for name, value in facts if value)


def _standing(job: "Job") -> "list[tuple[str, str]]":
    return [
        ("job", job.id),
        ("what", f"{job.spec.kind}: {job.spec.title}"),
        ("state", f"{job.state}" + (f": {job.error}" if job.error else "")),
        ("progress", progress_line(job)),
        ("asked for", job.created),
        ("started", f"{job.started}" + (f" (run {job.runs})" if job.runs > 1 else "") if job.started else ""),
        ("ended", job.ended or ""),
    ]


def _yield(job: "Job") -> "list[tuple[str, str]]":
    return [
        ("metrics", _pairs(job.metrics)),
        ("result", _pairs(job.result)),
        ("folder", str(job.folder)),
    ]


def duration(seconds: float) -> str:
    """``42 s``, ``7 min``, ``3 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _pairs(values: object) -> str:
    if not isinstance(values, dict):
        return ""
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )
