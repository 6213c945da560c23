"""Jobs as rows of a table, and one of them in full. Pure, but for ``log_text``, which reads its folder.

Invariant: titles, errors, notes and what a job printed are made inert here.
"""

from datetime import UTC, datetime

from assistant.job_text import brief, duration
from assistant.text_safety import clean, clean_line
from assistant.tui.decision_text import local
from assistant.tui.widgets.row_table import Column, TableRow
from training.jobs.base import ACTIVE, Job, JobState
from training.jobs.journal import entries
from training.jobs.layout import JOURNAL
from training.jobs.logs import tail

COLUMNS = (
    Column("STATE", 11),
    Column("KIND", 8),
    Column("JOB"),
    Column("HOW FAR", 19),
    Column("AGE", 7, right=True),
    Column("ID", 31, from_width=120),
)
NOTES_SHOWN = 100
_TONES = {JobState.DONE: "good", JobState.FAILED: "bad", JobState.INTERRUPTED: "bad"}


def job_row(job: Job, now: datetime) -> TableRow:
    """One line of the table, as of ``now``."""
    cells = (
        str(job.state),
        clean_line(job.spec.kind, 20),
        clean_line(job.spec.title, 200),
        clean_line(how_far(job), 80),
        age(job.created, now),
        job.id,
    )
    tone = "" if job.state == JobState.RUNNING else _TONES.get(job.state, "muted")
    return TableRow(job.id, cells, ((0, tone),) if tone else ())


def how_far(job: Job) -> str:
    """In a few words: the share and the time that is left, why it failed, how long it took."""
    if job.state == JobState.QUEUED:
        return "waits for its turn"
    if job.stopping:
        return "stops"
    if job.state == JobState.DONE:
        return f"took {duration(_seconds(job.started or job.created, job.ended or job.created))}"
    if job.error:
        return job.error
    progress = job.progress
    parts = [f"{min(1.0, progress.done / progress.total):.0%}"] if progress.total else []
    if job.state in ACTIVE and progress.eta_s is not None:
        parts.append(f"{duration(progress.eta_s)} left")
    return ", ".join(parts) or (f"{progress.done:,.0f} {progress.unit}" if progress.done else "")


def age(since: str, now: datetime) -> str:
    """``12 s``, ``5 min``, ``3 h``, ``12 d``."""
    seconds = max(0.0, _seconds(since, now.isoformat()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def job_text(job: Job) -> str:
    """All that is known of it, but for what it was asked for."""
    return clean(brief(job))


def log_text(job: Job) -> str:
    """What it said of itself, and the newest of what it printed."""
    notes = [entry for entry, _ in entries(job.folder / JOURNAL) if entry["what"] != "progress"]
    said = [_noted(entry) for entry in notes if entry["what"] != "metric"][-NOTES_SHOWN:]
    printed = clean(_as_left(tail(job.folder))).rstrip()
    return "\n".join([*said, "", printed] if printed else said)


def _as_left(printed: str) -> str:
    """Of a line that was written over, such as a bar, only what it came to."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in printed.split("\n"))


def _noted(entry: dict[str, object]) -> str:
    words = [str(entry.get(name, "")) for name in ("text", "error")]
    said = clean_line(" ".join(word for word in words if word), 500) or clean_line(str(entry["what"]), 40)
    return f"{local(str(entry.get('at', '')), '%H:%M:%S')}  {said}"


def _seconds(start: str, end: str) -> float:
    """Between two times as jobs write them; 0 where one is none."""
    try:
        return (_time(end) - _time(start)).total_seconds()
    except ValueError:
        return 0.0


def _time(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
