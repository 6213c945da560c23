"""A teacher labels an example: the call that it would make, and its distribution over the tools.

Invariant: where the right call is known, an example is kept only if the teacher chooses the same tool; its
calls stay those that are known to be right. Where it is not known, the teacher's call is the example's.
"""

from collections.abc import Sequence
from dataclasses import replace

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.datasets.example import Example, example_id
from training.generation.seeds import is_known
from training.generation.tally import Rejection
from training.teachers.base import Shares, TeacherProvider, Unanswered
from training.teachers.grading import Decided
from training.teachers.relabelling import Label, relabel
from training.teachers.run import TeacherRun


async def labelled(
    run: TeacherRun, provider: TeacherProvider, id_: str, seed: Example, *, soft: bool
) -> Example | Rejection:
    """A decision of ``seed`` with the teacher's label. Raises as ``TeacherRun.ask`` does."""
    decided = decided_of(id_, seed)
    async for one in relabel(run, provider, [decided], soft=soft):
        if one.label is None:
            return Rejection("no label", one.problem)
        return _example(seed, len(decided.messages), one.label)
    raise Unanswered("the teacher gave no label")


def decided_of(id_: str, seed: Example) -> Decided:
    """What is to be labelled: the first decision after the last request; of an unknown one, the last."""
    last = max(place for place, turn in enumerate(seed.messages) if turn.role == "user")
    at = last + 1 if is_known(seed) else len(seed.messages) - 1
    return Decided(id_, seed.messages[:at], seed.tools)


def _example(seed: Example, at: int, label: Label) -> Example | Rejection:
    right = seed.messages[at]
    known = is_known(seed)
    if known and _tools(right.calls) != _tools(label.calls):
        chosen, wanted = (", ".join(_tools(calls)) or "answer" for calls in (label.calls, right.calls))
        return Rejection("disagrees", f"the teacher chose {chosen} where {wanted} is right")
    turn = right if known else Message("assistant", text=label.answer, calls=label.calls)
    if not (turn.calls or turn.text):
        return Rejection("no label", "the teacher neither called a tool nor answered")
    messages = (*seed.messages[:at], turn)
    source = {
        **{name: value for name, value in seed.source.items() if name not in ("unlabelled", "executed")},
        "provider": label.provider,
        "model": label.model,
        "prompt_version": label.prompt_version,
        "cost_usd": label.cost_usd,
        "seed": seed.id,
    }
    kind = seed.kind if known else "call" if label.calls else "no_tool"
    if known and seed.kind == "several" and len(turn.calls) == 1:
        kind = "call"
    return replace(
        seed,
        id=example_id(messages, seed.tools),
        messages=messages,
        kind=kind,
        source=source,
        shares=offered_shares(label.shares, seed),
    )


def _tools(calls: Sequence[ToolCall]) -> list[str]:
    return sorted({call.tool for call in calls})


def offered_shares(shares: Shares, seed: Example) -> dict[str, float]:
    """Those of tools on offer and of ``answer``; what names never told apart shared is left out."""
    offered = {tool.name for tool in seed.tools} | {"answer"}
    return {name: share for name, share in shares if name in offered}
