"""From a plan to finished files: opens the source, the teachers and the folder, and runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from training.generation.base import Source
from training.generation.crew import Crew
from training.generation.makers import TeacherMaker
from training.generation.mixing import counts
from training.generation.plan import Plan
from training.generation.run import Generation, Parts, Told, makers
from training.generation.stream import Place
from training.generation.work import FOLDER, Work, begun, kept_seeds
from training.teachers.api import ApiProvider
from training.teachers.base import NoKey, TeacherProvider
from training.teachers.batches.running import batched
from training.teachers.create import create_provider
from training.teachers.estimating import Keyless
from training.teachers.patience import Said, unheard
from training.teachers.prices import PriceList, price_list
from training.teachers.run import TeacherRun

OpenSource = Callable[[Plan], AbstractAsyncContextManager[Source]]


def scripted_source(plan: Plan) -> AbstractAsyncContextManager[Source]:
    """Scripted teachers with the plan's seed and sandbox."""
    return Crew(plan.seed, plan.sandbox, plan.settings.parts)


def prices_of(plan: Plan) -> PriceList:
    """Raises TeacherError over the person's own file."""
    return price_list(Path(plan.prices).expanduser() if plan.prices else None)


@asynccontextmanager
async def teachers(
    plan: Plan, said: Said = unheard, *, only_counting: bool = False
) -> AsyncIterator[dict[str, TeacherProvider]]:
    """The providers of a plan by name. Raises TeacherError where a model is missing, or a key.

    With ``only_counting`` a key may be missing.
    """
    async with AsyncExitStack() as stack:
        found: dict[str, TeacherProvider] = {}
        for config in plan.teachers:
            try:
                provider = create_provider(config, said=said)
            except NoKey:
                if not only_counting:
                    raise
                provider = Keyless(config)
            found[config.provider] = provider
            stack.push_async_callback(provider.close)
        yield found


async def generate(
    plan: Plan,
    *,
    resume: bool,
    told: Told = lambda step: None,
    said: Said = unheard,
    open_source: OpenSource | None = None,
) -> dict[str, Any]:
    """Make the examples; what stands in ``train_metadata.json``. Raises GenerationError, TeacherError.

    Where it ends early, cancelled or by an error, what is made and paid for is kept for a resume.
    """
    begun(plan.output, plan.identity(), resume=resume)
    async with AsyncExitStack() as stack:
        providers = await stack.enter_async_context(teachers(plan, said))
        teacher_run = stack.enter_context(
            TeacherRun(plan.output / FOLDER, prices_of(plan), plan.max_cost_usd)
        )
        work = Work(plan.output, plan.identity(), resume=resume)
        stack.callback(work.close)
        source: Source = await stack.enter_async_context((open_source or scripted_source)(plan))
        parts = Parts(source, teacher_run, providers, kept_seeds(plan.output) if plan.from_log else ())
        if plan.batch:
            await _by_batches(plan, parts, work, said)
        return await Generation(plan, parts, work, told).run()


async def _by_batches(plan: Plan, parts: Parts, work: Work, said: Said) -> None:
    """Have what will be asked first answered by the providers' batch APIs, where they have one.

    The replies are in the journal then, where the run finds them. What the filters leave out is asked for
    one by one.
    """
    shares = counts(plan.examples, plan.mix)
    for name, maker in makers(plan, parts).items():
        provider = parts.providers.get(name)
        if not isinstance(maker, TeacherMaker) or not isinstance(provider, ApiProvider):
            continue
        first = Place(**work.state.get("places", {}).get(name, {})).item
        items = range(first, -(-shares[name] // maker.per_item))
        requests = [(await maker.questions(item))[0] for item in items]
        async for _ in batched(parts.teacher_run, provider, requests, said=said):
            pass
