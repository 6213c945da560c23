"""Two students on the same cases, each with its own prompt, as the chat would ask them."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.cli.eval_options import way_of
from assistant.cli.eval_run import Asked, as_judged
from assistant.settings import Settings
from training.evaluation.cases import Case
from training.evaluation.report import Result, report
from training.events.base import Event
from training.registry import Registered, Registry, RegistryError
from training.registry.comparisons import RAW
from training.registry.events import evaluated
from training.registry.promotion import Promotion
from training.student.prompt import prompt_for
from training.student.settings import NO_ADAPTER, StudentSettings


@dataclass(frozen=True)
class Side:
    """One of two. ``id`` is a student's, or ``base``; ``model`` and ``adapter`` are settings."""

    id: str
    model: str
    adapter: str = ""


def pair(registry: Registry, student: str, other: str | None) -> tuple[Side, Side]:
    """``student``, and ``other`` or what serves now. Raises RegistryError."""
    mine = registry.get(student)
    serving = registry.deployed()
    if other is None and serving is not None:
        other = serving.id
    others = _side(registry.get(other)) if other not in (None, RAW) else _base(mine)
    if others.id == mine.id:
        raise RegistryError(f"{mine.id} is compared with itself; name another student")
    return _side(mine), others


def meant(side: Side, settings: Settings) -> StudentSettings:
    """The settings that name this side, and are otherwise as they are."""
    given = {"model": side.model, "adapter": side.adapter, "name": "", "prompt": ""}
    return settings.student.model_copy(update=given)


def asked(side: Side, settings: Settings, cases: Sequence[Case], source: str) -> Asked:
    """The evaluation of one side. Raises StudentError."""
    student = as_judged(meant(side, settings))
    prompt = prompt_for(student.model, student.prompt)
    return Asked(source, tuple(cases), student, prompt, way_of(settings, prompt, None))


def events(
    one: tuple[Side, Sequence[Result]], other: tuple[Side, Sequence[Result]], found: Promotion, source: str
) -> tuple[Event, ...]:
    """What was measured of both, for the log; of the first also how it compares."""
    verdict = {"against": other[0].id, "outcome": found.outcome, "said": found.said}
    return _event(*one, source, verdict), _event(*other, source, {})


def _event(side: Side, made: Sequence[Result], source: str, more: dict[str, str]) -> Event:
    facts = report(made)
    named = ("cases", "tool_accuracy", "call_accuracy", "latency_ms")
    metrics = {"restraint": facts["restraint"], "parse_rate": facts["parse_rate"], "source": source, **more}
    return evaluated(
        side.id, {**{name: facts[name] for name in named}, "base": side.model, "metrics": metrics}
    )


def _side(student: Registered) -> Side:
    return Side(student.id, student.id)


def _base(student: Registered) -> Side:
    return Side(RAW, student.manifest.base.model, NO_ADAPTER)
