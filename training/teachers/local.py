"""A teacher on this machine: a larger GGUF, run by the student's own runtime.

Invariant: its calls fit their schemas, because they are decoded under the grammar, and each choice comes with
the distribution over the tools that it was chosen from. It decodes greedily: ``temperature`` has no effect.
"""

import asyncio
import time
from dataclasses import replace

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Signature
from tools.registry import ANSWER as ANSWER_SIGNATURE
from training.student.base import Branches, ContextOverflow, Student, StudentError, Usage
from training.student.prompt import shipped_prompt
from training.student.settings import StudentSettings
from training.teachers.base import (
    FREE,
    ProviderConfig,
    Shares,
    Spend,
    TeacherError,
    TeacherReply,
    TeacherRequest,
    Tokens,
    Unanswered,
)
from training.teachers.identity import max_tokens

REPLY = "reply"


def local_settings(config: ProviderConfig) -> StudentSettings:
    """The settings of the runtime. Raises TeacherError over a model's name that is an address."""
    settings = StudentSettings(
        model=config.model or "embedded",
        answer_tokens=min(max(config.max_tokens, 16), 1 << 16),
        call_tokens=min(max(config.max_tokens, 16), 1 << 16),
    )
    if settings.remote:
        raise TeacherError(f"{config.model} is an address: use --provider openai with it as its base URL")
    return settings


class LocalProvider:
    """Fulfils ``TeacherProvider`` over a ``Student``: one request at a time, whatever ``concurrency`` is."""

    def __init__(self, config: ProviderConfig, student: Student) -> None:
        self.config = replace(config, concurrency=1)
        self._student = student
        self._turn = asyncio.Lock()
        self._model = ""

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        async with self._turn:
            await spend.attempt()
            try:
                return await self._once(request)
            except ContextOverflow as error:
                problem: TeacherError = Unanswered(str(error))
            except StudentError as error:
                problem = TeacherError(str(error))
            await spend.failed(problem)
            raise problem

    async def _once(self, request: TeacherRequest) -> TeacherReply:
        started = time.perf_counter()
        self._model = self._model or (await self._student.start()).model
        if request.schema is not None:
            reply = await self._structured(request)
        elif request.tools and request.choice != "none":
            reply = await self._decided(request)
        else:
            reply = await self._written(request)
        latency_ms = (time.perf_counter() - started) * 1000
        return replace(
            reply,
            provider="local",
            model=self._model,
            prompt_version=request.prompt_version,
            latency_ms=latency_ms,
        )

    async def _decided(self, request: TeacherRequest) -> TeacherReply:
        names = [tool.name for tool in request.tools]
        allowed = names if request.choice == "required" else None
        decision = await self._student.decide(_conversation(request, request.tools), allowed=allowed)
        chosen = decision.calls[0].tool if decision.calls else ANSWER
        if decision.cut:
            chosen = ""
        return TeacherReply(
            text=decision.thought if decision.calls else decision.answer,
            calls=decision.calls,
            stop="length" if decision.cut else "calls" if decision.calls else "end",
            shares=shares_of(chosen, decision.branches),
            tokens=_tokens(decision.usage),
        )

    async def _structured(self, request: TeacherRequest) -> TeacherReply:
        """The data as the arguments of a call that has to be made."""
        asked = Signature(REPLY, "Give the reply.", dict(request.schema or {}))
        decision = await self._student.decide(_conversation(request, (asked,)), allowed=[REPLY])
        if not decision.calls:
            raise Unanswered("the local teacher's reply was cut at its longest length; raise --max-tokens")
        return TeacherReply(data=decision.calls[0].arguments, tokens=_tokens(decision.usage))

    async def _written(self, request: TeacherRequest) -> TeacherReply:
        limit = max_tokens(self.config, request)
        written = await self._student.answer(_conversation(request, ()), limit=limit)
        return TeacherReply(
            text=written.text, stop="length" if written.cut else "end", tokens=_tokens(written.usage)
        )

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        async with self._turn:
            texts = [request.system, *(message.text for message in request.messages)]
            texts += [str(tool) for tool in request.tools]
            return sum(await self._student.count(texts)), "counted with the model's own vocabulary"

    async def close(self) -> None:
        await self._student.close()


def shares_of(chosen: str, branches: Branches) -> Shares:
    """The probability of each name, best first; several that the choice never told apart share ``run_*``."""
    left, shares = 1.0, []
    for branch in branches:
        shares += [(label, left * share) for label, share in branch[1:]]
        left *= branch[0][1]
    if chosen:
        shares.append((chosen, left))
    return tuple(sorted(shares, key=lambda pair: -pair[1]))


def _conversation(request: TeacherRequest, tools: tuple[Signature, ...]) -> Conversation:
    prompt = shipped_prompt("general")
    if request.system:
        prompt = replace(prompt, instructions=request.system)
    signatures = (*tools, ANSWER_SIGNATURE) if tools else ()
    return Conversation(prompt, signatures, request.messages)


def _tokens(usage: Usage) -> Tokens:
    return Tokens(
        usage.prompt_tokens, min(usage.cached_tokens, usage.prompt_tokens), 0, usage.completion_tokens
    )
