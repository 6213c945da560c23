"""Teachers judge decisions: rows of the log, examples, or what a student has just decided.

Invariant: a decision that no teacher judged is named with the reason; sums are over those that were.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from tools.protocol.calls import ANSWER, write_turn
from training.datasets.example import Example, ExampleError, example_id, from_line, to_line
from training.generation.base import GenerationError
from training.generation.log_rows import Row, chosen_by, conversation_of, signatures_of
from training.teachers.base import TeacherProvider
from training.teachers.committee import Voted, committee
from training.teachers.grading import Decided, Graded, grade
from training.teachers.ledger import row as sums_of
from training.teachers.relabelling import Label, Relabelled, relabel
from training.teachers.run import TeacherRun

ToldCount = Callable[[int], None]
GRADES = ("tool", "arguments", "answer")


def unheard(_done: int) -> None:
    """For counts that nobody reads."""


@dataclass(frozen=True)
class Subject:
    """A decision, and the row or the example that it is from, if any."""

    decided: Decided
    row: Row | None = None
    example: Example | None = None

    @property
    def request(self) -> str:
        return next((turn.text for turn in reversed(self.decided.messages) if turn.role == "user"), "")

    @property
    def tool(self) -> str:
        """What was chosen."""
        return self.decided.calls[0].tool if self.decided.calls else ANSWER


def from_rows(rows: Iterable[Row]) -> list[Subject]:
    """Rows that do not hold their conversation and their tools whole are left out."""
    found = []
    for row in rows:
        before, tools = conversation_of(row), signatures_of(row)
        calls, answer = chosen_by(row)
        if before and (tools or not calls):
            found.append(Subject(Decided(str(row.get("event_id")), before, tools, calls, answer), row=row))
    return found


def from_example(example: Example) -> Subject:
    """Its last decision."""
    last = example.messages[-1]
    before = example.messages[:-1]
    return Subject(Decided(example.id, before, example.tools, last.calls, last.text), example=example)


def read_subjects(path: Path) -> list[Subject]:
    """Of a file of decision rows or of examples, a JSON object a line. Raises GenerationError naming it."""
    found: list[Subject] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise GenerationError(f"{path} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
            read = from_rows([document]) if "tool_selected" in document else [from_example(from_line(line))]
        except (orjson.JSONDecodeError, ExampleError, TypeError, AttributeError) as error:
            raise GenerationError(
                f"{path}, line {number}: neither a decision nor an example: {error}"
            ) from None
        found += read
    return found


async def graded(
    run: TeacherRun, provider: TeacherProvider, subjects: Sequence[Subject], told: ToldCount = unheard
) -> tuple[dict[str, Any], list[bytes]]:
    """What a teacher says, in sums and one by one; and a line for each that was graded."""
    known = {one.decided.id: one for one in subjects}
    grades: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    async for one in grade(run, provider, [subject.decided for subject in subjects]):
        subject = known[one.decided.id]
        if one.grade is None:
            problems.append({"id": one.decided.id, "problem": one.problem})
        else:
            grades.append(_grade(subject, one))
        told(len(grades) + len(problems))
    means = {name: fmean(one[name] for one in grades) if grades else None for name in (*GRADES, "score")}
    lists = {"grades": grades, "problems": problems, "costs": sums_of(run.ledger.total)}
    facts = {"decisions": len(subjects), "graded": len(grades), **means, **lists}
    return facts, [orjson.dumps(one) + b"\n" for one in grades]


def _grade(subject: Subject, one: Graded) -> dict[str, Any]:
    assert one.grade is not None and one.reply is not None, "only what was graded is shown"
    return {
        "id": one.decided.id,
        "request": subject.request,
        "decision": write_turn(one.decided.calls, one.decided.answer),
        **{name: getattr(one.grade, name) for name in GRADES},
        "score": one.grade.score,
        "words": one.grade.words,
        "provider": one.reply.provider,
        "model": one.reply.model,
        "prompt_version": one.reply.prompt_version,
        "cost_usd": one.reply.cost_usd,
    }


async def labelled(
    run: TeacherRun,
    providers: Sequence[TeacherProvider],
    subjects: Sequence[Subject],
    *,
    soft: bool = False,
    told: ToldCount = unheard,
) -> tuple[dict[str, Any], list[bytes]]:
    """What ``providers`` say would have been right, by vote where there are several; and a line for each."""
    decided = [subject.decided for subject in subjects]
    agreement: dict[str, Any] | None = None
    labels: dict[str, Relabelled] = {}
    if len(providers) > 1:
        verdicts = await committee(run, providers, decided, soft=soft, told=told)
        labels = {
            one.decided.id: Relabelled(one.decided, one.winner, "" if one.winner else _undecided(one))
            for one in verdicts.voted
        }
        agreement = {"tools": vars(verdicts.on_tools), "decisions": vars(verdicts.on_decisions)}
    else:
        async for one in relabel(run, providers[0], decided, soft=soft):
            labels[one.decided.id] = one
            told(len(labels))
    pairs = [(subject, labels[subject.decided.id].label) for subject in subjects]
    found = [(subject, label) for subject, label in pairs if label is not None]
    facts = {
        "decisions": len(subjects),
        "labelled": len(found),
        "compared": len(found),
        "same_tool": sum(subject.tool == label.tool for subject, label in found),
        "agreement": agreement,
        "labels": [_label(subject, label) for subject, label in found],
        "problems": [
            {"id": one.decided.id, "problem": one.problem} for one in labels.values() if one.label is None
        ],
        "costs": sums_of(run.ledger.total),
    }
    return facts, [labelled_line(subject, label) for subject, label in found]


def _undecided(one: Voted) -> str:
    return "the teachers differ" if one.labels else "no teacher gave a label"


def _label(subject: Subject, label: Label) -> dict[str, Any]:
    return {
        "id": subject.decided.id,
        "request": subject.request,
        "chosen": subject.tool,
        "calls": [{"tool": call.tool, "arguments": call.arguments} for call in label.calls],
        "answer": label.answer,
        "shares": dict(label.shares),
        "provider": label.provider,
        "model": label.model,
        "prompt_version": label.prompt_version,
        "cost_usd": label.cost_usd,
    }


def labelled_line(subject: Subject, label: Label) -> bytes:
    """The row with the fields of a teacher, or the example with the teacher's last turn."""
    if subject.row is not None:
        call = label.calls[0] if label.calls else None
        said = {
            "teacher_model": label.model,
            "teacher_tool": label.tool,
            "teacher_parameters": call.arguments if call else {"text": label.answer},
            "teacher_confidence": dict(label.shares).get(label.tool),
        }
        return orjson.dumps({**subject.row, **said}, default=str) + b"\n"
    assert subject.example is not None, "a subject has a row or an example"
    example = subject.example
    turn = replace(example.messages[-1], calls=label.calls, text=label.answer)
    messages = (*example.messages[:-1], turn)
    source = {
        **example.source,
        "provider": label.provider,
        "model": label.model,
        "prompt_version": label.prompt_version,
        "cost_usd": label.cost_usd,
        "relabelled": example.id,
    }
    made = replace(
        example,
        id=example_id(messages, example.tools),
        messages=messages,
        source=source,
        shares=dict(label.shares),
    )
    return to_line(made)
