"""Examples that a run did not learn from, as cases to be judged.

Invariant: a decision counts as it does while the run is looked at (``training.finetune.validation``): every
turn with calls, and the answer where none is right.
"""

from collections.abc import Iterable, Iterator

from tools.protocol.calls import ANSWER
from training.datasets.example import Example
from training.evaluation.cases import Case, Expected

_RESTRAINED = ("no_tool", "ask", "chat")


def cases_of(examples: Iterable[Example]) -> tuple[Case, ...]:
    """A case for each decision in them, in their order."""
    return tuple(case for example in examples for case in _cases(example))


def _cases(example: Example) -> Iterator[Case]:
    for at, turn in enumerate(example.messages):
        if turn.role != "assistant":
            continue
        is_last = at == len(example.messages) - 1
        if not turn.calls and not (is_last and example.kind in _RESTRAINED):
            continue
        right = [
            Expected(call.tool, {name: (value,) for name, value in call.arguments.items()})
            for call in turn.calls
        ]
        yield Case(
            id=f"{example.id}-{at}",
            messages=example.messages[:at],
            expected=tuple(right) or (Expected(ANSWER, {}),),
            signatures=example.tools,
            system=example.project,
            tags=(example.kind,),
            rule="all" if len(right) > 1 else "any",
        )
