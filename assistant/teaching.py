"""What the command line and the panel of the teachers share: from settings to plans, and what they cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sandbox.scratch import scratch_folder
from training.generation.base import GenerationError
from training.generation.mixing import ALL
from training.generation.plan import Plan
from training.generation.work import keep_seeds, read_state
from training.teachers.base import ProviderConfig, ProviderName

if TYPE_CHECKING:
    from assistant.settings import Settings
    from training.generation.makers import Way
    from training.teachers.estimating import Estimate

PROVIDERS: tuple[ProviderName, ...] = ("anthropic", "openai", "local", "scripted")


@dataclass(frozen=True)
class Wanted:
    """How a person asks for examples; None and empty leave it to the settings.

    ``models`` has the model of each provider, ``mix`` the shares in percent.
    """

    examples: int
    folder: Path
    mix: Mapping[str, int]
    models: Mapping[str, str]
    temperature: float | None = None
    max_tokens: int | None = None
    concurrency: int | None = None
    max_cost: float | None = None
    seed: int = 0
    way: "Way | None" = None
    soft: bool = False
    from_log: bool = False
    batch: bool = False


def plan_of(wanted: Wanted, settings: "Settings") -> Plan:
    """A plan by the settings. A local teacher labels, where nobody says otherwise: few write well."""
    teachers = [name for name in wanted.mix if name != "scripted"]
    ways: dict[str, Way] = {
        name: wanted.way or ("label" if name == "local" else "multiply") for name in teachers
    }
    return Plan(
        examples=wanted.examples,
        folder=str(wanted.folder.expanduser().absolute()),
        mix=wanted.mix,
        teachers=tuple(
            teacher_config(
                settings,
                name,
                wanted.models.get(name, ""),
                temperature=wanted.temperature,
                max_tokens=wanted.max_tokens,
                concurrency=wanted.concurrency,
            )
            for name in teachers
        ),
        ways=ways,
        seed=wanted.seed,
        soft=wanted.soft,
        from_log=wanted.from_log,
        batch=wanted.batch,
        max_cost_usd=budget_of(settings, wanted.max_cost),
        prices=settings.teachers.prices,
        settings=settings.generation,
        sandbox=settings.sandbox,
    )


def budget_of(settings: "Settings", max_cost: float | None) -> float | None:
    """Dollars; None for no bound."""
    return (settings.teachers.max_cost_usd or None) if max_cost is None else max_cost


def teacher_config(
    settings: "Settings",
    provider: str,
    model: str = "",
    *,
    temperature: float | None = None,
    max_tokens: int | None = None,
    concurrency: int | None = None,
) -> ProviderConfig:
    """One teacher. What is None is as the settings or the provider have it."""
    own = settings.teachers
    models = {"anthropic": own.anthropic_model, "openai": own.openai_model, "local": own.local_model}
    urls = {"anthropic": own.anthropic_url, "openai": own.openai_url}
    config = ProviderConfig(
        cast(ProviderName, provider),
        model or models.get(provider, ""),
        urls.get(provider, ""),
        temperature=temperature,
        concurrency=concurrency or own.concurrency,
        timeout_s=own.timeout_s,
    )
    return config if max_tokens is None else replace(config, max_tokens=max_tokens)


async def can_ask(teachers: Iterable[ProviderConfig]) -> None:
    """Raises TeacherError where a model or a key is missing. Nothing is sent."""
    from training.teachers.create import create_provider

    for config in teachers:
        await create_provider(config).close()


def read_models(given: tuple[str, ...], mix: Mapping[str, int]) -> dict[str, str]:
    """``NAME`` for the only teacher of a mix, or ``PROVIDER=NAME`` for each. Raises GenerationError."""
    teachers = [name for name in mix if name != "scripted"]
    models: dict[str, str] = {}
    for one in given:
        provider, equals, name = one.partition("=")
        if not (equals and provider in teachers):
            provider, name = (teachers[0], one) if len(teachers) == 1 else ("", one)
        if not provider or provider in models:
            raise GenerationError(
                f"--model {one}: write PROVIDER=NAME, once for each of {', '.join(teachers) or 'them'}"
            )
        models[provider] = name
    return models


def single(provider: str) -> dict[str, int]:
    """The mix of one provider alone."""
    return {provider: ALL}


def left_of(plan: Plan) -> Plan:
    """The part of the plan that is still to be made, for an estimate."""
    state = read_state(plan.output)
    return replace(plan, examples=max(plan.examples - (state["examples"] if state else 0), 0))


async def estimated(plan: Plan, *, begins: bool = False) -> "list[Estimate]":
    """What each teacher will cost. Nothing is charged for asking. Raises GenerationError, TeacherError.

    Keys may be missing, unless it ``begins`` next.
    """
    if not plan.teachers:
        return []
    from training.generation.costs import estimates
    from training.generation.run import Parts
    from training.generation.running import prices_of, scripted_source, teachers
    from training.generation.work import kept_seeds
    from training.teachers.run import TeacherRun

    prices = prices_of(plan)
    with scratch_folder("teach") as folder:
        counting = teachers(plan, only_counting=not begins)
        async with counting as providers, scripted_source(plan) as source:
            with TeacherRun(folder, prices) as unused:
                first = kept_seeds(plan.output) if plan.from_log else ()
                parts = Parts(source, unused, providers, first)
                return await estimates(plan, parts, prices)


def begin_with_log(plan: Plan, settings: "Settings") -> int:
    """Let a run that has not begun start from decisions of the log; how many there are.

    Raises EventLogError, OSError.
    """
    if read_state(plan.output) is not None:
        return 0
    from assistant import paths
    from training.events import open_log
    from training.events.decisions import history
    from training.generation.seeds import seeds_of

    log = open_log(settings.events.url or paths.events_dir(), create=False)
    try:
        seeds = seeds_of(reversed(history(log)), settings.generation.unsure_below)
    finally:
        log.close()
    keep_seeds(plan.output, seeds)
    return len(seeds)


def needs_word(cost_usd: float | None, settings: "Settings") -> str:
    """Why a person is asked before it begins; empty where it may begin."""
    bound = settings.teachers.confirm_usd
    if cost_usd is None:
        return "what it costs is not known"
    if cost_usd > bound:
        return f"it costs about ${cost_usd:.2f}, which is more than ${bound:.2f} (teachers.confirm_usd)"
    return ""


def costs_money(plan: Plan) -> bool:
    return any(one.provider not in ("local", "scripted") for one in plan.teachers)


def facts_of(plan: Plan) -> dict[str, Any]:
    """What will be made, for a person: JSON-ready."""
    return {
        "examples": plan.examples,
        "output_dir": plan.folder,
        "mix": dict(plan.mix),
        "models": {one.provider: one.model for one in plan.teachers},
        "ways": dict(plan.ways),
        "max_cost_usd": plan.max_cost_usd,
        "seed": plan.seed,
    }
