"""Which two students meet in the arena: the person chooses, the likely ones first."""

from collections.abc import Awaitable, Callable, Sequence

from assistant.comparing import Side, pair
from assistant.text_safety import clean_line
from training.registry import Registered, Registry, State
from training.registry.comparisons import RAW

Pick = Callable[[str, Sequence[tuple[str, str]]], Awaitable[str | None]]
_ORDER = (State.CANDIDATE, State.DEPLOYED, State.RETIRED)


async def sides(registry: Registry, pick: Pick) -> tuple[Side, Side] | None:
    """The two, as chosen; None where the person left. Raises RegistryError."""
    students = sorted(registry.all(), key=lambda one: _ORDER.index(one.state))
    first = await pick("Arena: which student?", [(one.id, _label(one)) for one in students])
    if first is None:
        return None
    others = [one for one in students if one.id != first]
    others.sort(key=lambda one: one.state is not State.DEPLOYED)
    base = (RAW, "the base, without a trained student")
    second = await pick("Arena: against which one?", [*((one.id, _label(one)) for one in others), base])
    return pair(registry, first, second) if second is not None else None


def _label(student: Registered) -> str:
    return clean_line(f"{student.id}  {student.state.value:9}  {student.name}", 100)
