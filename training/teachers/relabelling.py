"""A teacher says what would have been right: the calls to make, or the answer.

Invariant: a label names tools on offer, with arguments that fit their schemas; one that does not is no label.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER, write_call
from tools.schema import validate
from training.teachers.base import Shares, TeacherProvider, TeacherReply, TeacherRequest
from training.teachers.grading import Decided
from training.teachers.prompts import teacher_prompt
from training.teachers.run import Answered, TeacherRun
from training.teachers.soft_labels import LETTERS, asks_letters, letters_request, read_letters


@dataclass(frozen=True)
class Label:
    """What is right after a conversation. ``shares`` is the teacher's distribution over tools, if known."""

    id: str
    calls: tuple[ToolCall, ...]
    answer: str
    shares: Shares
    provider: str
    model: str
    prompt_version: str
    cost_usd: float | None

    @property
    def tool(self) -> str:
        """The name of the first call's tool, ``answer`` where there is none."""
        return self.calls[0].tool if self.calls else ANSWER

    @property
    def decision(self) -> str:
        """The calls in their written form, in any order the same; ``answer`` where there are none."""
        return "\n".join(sorted(write_call(call) for call in self.calls)) or ANSWER


@dataclass(frozen=True)
class Relabelled:
    """A decision with its label, or without one and with the reason."""

    decided: Decided
    label: Label | None
    problem: str = ""


def relabel_request(decided: Decided) -> TeacherRequest:
    """What a teacher is asked. It does not see what the student decided, so that it is not led by it."""
    prompt = teacher_prompt("relabel")
    return TeacherRequest(
        id=decided.id,
        messages=decided.messages,
        system=prompt.system,
        tools=decided.tools,
        purpose="relabel",
        prompt_version=prompt.version,
    )


async def relabel(
    run: TeacherRun, provider: TeacherProvider, decisions: Iterable[Decided], *, soft: bool = False
) -> AsyncIterator[Relabelled]:
    """The decisions with their labels, as they come. Raises as ``TeacherRun.replies`` does.

    ``soft`` adds the distribution over the tools, which OpenAI's API gives for one more request each.
    """
    waiting: dict[str, _Pair] = {}

    def requests() -> Iterator[TeacherRequest]:
        for decided in decisions:
            request = relabel_request(decided)
            pair = waiting[decided.id] = _Pair(decided, soft and asks_letters(provider.config, request))
            yield request
            if pair.wants_letters:
                yield letters_request(request)

    async for answered in run.replies(provider, requests()):
        pair = waiting[answered.request.id.removesuffix(LETTERS)]
        pair.take(answered)
        if pair.label is not None and (pair.letters is not None or not pair.wants_letters):
            yield _relabelled(waiting.pop(pair.decided.id), pair.label)


@dataclass
class _Pair:
    """What came of a decision so far."""

    decided: Decided
    wants_letters: bool
    label: Answered | None = None
    letters: Answered | None = None

    def take(self, answered: Answered) -> None:
        if answered.request.id == self.decided.id:
            self.label = answered
        else:
            self.letters = answered


def _relabelled(pair: _Pair, answered: Answered) -> Relabelled:
    reply, problem = answered.reply, _problem(pair.decided, answered)
    if problem or reply is None:
        return Relabelled(pair.decided, None, problem)
    shares = reply.shares
    if pair.letters is not None and pair.letters.reply is not None:
        shares = read_letters(answered.request, pair.letters.reply)
    return Relabelled(pair.decided, _label(pair.decided, reply, shares))


def _problem(decided: Decided, answered: Answered) -> str:
    """Why there is no label; empty where there is one."""
    reply = answered.reply
    if reply is None:
        return answered.problem
    if reply.stop in ("refusal", "length"):
        return f"the teacher's reply ended with {reply.stop}"
    schemas = {tool.name: tool.parameters for tool in decided.tools}
    wrong = (validate(schemas[call.tool], call.arguments) for call in reply.calls)
    return next((f"the teacher's call does not fit: {one}" for one in wrong if one), "")


def _label(decided: Decided, reply: TeacherReply, shares: Shares) -> Label:
    return Label(
        id=decided.id,
        calls=reply.calls,
        answer="" if reply.calls else reply.text,
        shares=shares,
        provider=reply.provider,
        model=reply.model,
        prompt_version=reply.prompt_version,
        cost_usd=reply.cost_usd,
    )
