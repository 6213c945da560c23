"""A run and what became of it, in lines. Pure functions.

Invariant: names, errors and what a job printed are made inert here.
"""

from collections.abc import Mapping, Sequence

from assistant.job_text import progress_line
from assistant.text_safety import clean, clean_line
from assistant.train_run import Running, Seen
from assistant.train_text import gigabytes
from training.jobs.base import ACTIVE, Job, JobState

NO_RUN = "No run yet: 1 starts one."
_SHARES = {"tool": "right tool", "call": "whole call", "restraint": "restraint"}
_POINTS = 400

Curve = list[tuple[float, float]]


def run_lines(seen: Seen) -> str:
    """How the run goes: progress, figures, speed and memory, checkpoints."""
    if seen.run is None:
        return NO_RUN
    job, known = seen.run, seen.running
    facts = [job_state(job), _figures(known), _speed(job, known), _checkpoints(known)]
    if job.state in ACTIVE and not known.steps:
        facts.append(clean_line(seen.note, 200))
    return "\n".join(line for line in facts if line)


def job_state(job: Job) -> str:
    """Its title, its state, and how far it is or why it ended."""
    said = job.error or (progress_line(job) if job.state in ACTIVE else "")
    return clean_line("  ".join(part for part in (job.spec.title, str(job.state), said) if part), 300)


def curve(known: Running, name: str) -> Curve:
    """The values of ``name`` by step; of many steps as many as can be seen, the last always."""
    points = [
        (float(step), known.steps[step][name]) for step in sorted(known.steps) if name in known.steps[step]
    ]
    if len(points) <= _POINTS:
        return points
    every = -(-len(points) // _POINTS)
    return [*points[:-1:every], points[-1]]


def proof_lines(seen: Seen, serving: str) -> str:
    """Which steps from the run to the student that serves are done, and which one is next."""
    if seen.run is None:
        return NO_RUN
    steps = [
        ("run", job_state(seen.run)),
        ("export", _export(seen)),
        ("compare", _compared(seen)),
        (
            "serves",
            clean_line(serving, 100) + (" (this one)" if seen.student and seen.student in serving else ""),
        ),
    ]
    if seen.active is not None and seen.note:
        steps.append(("", clean_line(seen.note, 200)))
    return "\n".join(f"{name:8} {said}" for name, said in steps)


def proof_text(seen: Seen) -> str:
    """The comparison and the report of the gate, as far as there are any."""
    from assistant.cli.students_text import comparison

    parts = [comparison(dict(seen.comparison))] if seen.comparison else []
    parts += [clean(seen.report)] if seen.report else []
    return "\n\n".join(parts)


def _figures(known: Running) -> str:
    loss, held_out = curve(known, "loss"), curve(known, "validation_loss")
    parts = [f"loss {loss[-1][1]:.3f}"] if loss else []
    if held_out:
        step, value = held_out[-1]
        parts.append(f"validation {value:.3f} at step {step:,.0f}")
        shares = known.steps[int(step)]
        parts += [
            f"{said} {shares[name]:.0%}" if name in shares else f"{said} not measured"
            for name, said in _SHARES.items()
        ]
    return " · ".join(parts)


def _speed(job: Job, known: Running) -> str:
    parts = []
    if job.state == JobState.RUNNING and job.progress.rate:
        tokens = curve(known, "tokens_per_s")
        parts += [f"{tokens[-1][1]:,.0f} tokens/s"] if tokens else []
        examples = curve(known, "examples_per_s")
        parts += [f"{examples[-1][1]:.1f} examples/s"] if examples else []
    if known.memory is not None:
        now, most = known.memory
        parts.append(f"memory {gigabytes(now)}, at most {gigabytes(most)}")
    return " · ".join(parts)


def _checkpoints(known: Running) -> str:
    if not known.checkpoints:
        return ""
    best = f"; best {known.best:,}" if known.best else ""
    return f"checkpoints at step {_listed(known.checkpoints)}{best}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)


def _export(seen: Seen) -> str:
    job = seen.export
    if job is None:
        is_done = seen.run is not None and seen.run.state == JobState.DONE
        return "e makes a student of it and proves it" if is_done else "-"
    if job.state != JobState.DONE:
        return job_state(job)
    passed = "passed the gate" if job.result.get("passed") else "DID NOT PASS THE GATE: it should not serve"
    if job.result.get("gate") == "not enough to prove":
        passed = "NOT ENOUGH TO PROVE: it should not serve"
    return clean_line(f"{passed}, {job.result.get('quantisation', '')}: student {seen.student}", 200)


def _compared(seen: Seen) -> str:
    job = seen.comparing
    if job is None:
        return "c compares it with what serves" if seen.student else "-"
    if job.state != JobState.DONE:
        return job_state(job)
    result: Mapping[str, object] = job.result
    verdict = "d lets it serve" if result.get("outcome") == "better" else "not better: it should not serve"
    return clean_line(f"{result.get('said', '')} (against {result.get('other', '')}); {verdict}", 300)
