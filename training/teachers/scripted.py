"""A teacher that is a program: right by construction, free, and the same every time."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace

from training.teachers.base import (
    FREE,
    ProviderConfig,
    Spend,
    TeacherReply,
    TeacherRequest,
    Tokens,
    Unanswered,
)
from training.teachers.counting import about

Script = Callable[[TeacherRequest], TeacherReply | Awaitable[TeacherReply]]
"""What to reply. Raises Unanswered where it has nothing to say to a request."""


class ScriptedProvider:
    """Fulfils ``TeacherProvider``: ``script`` decides."""

    def __init__(self, config: ProviderConfig, script: Script) -> None:
        self.config = config
        self._script = script

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        await spend.attempt()
        try:
            made = self._script(request)
            reply = await made if inspect.isawaitable(made) else made
        except Unanswered as problem:
            await spend.failed(problem)
            raise
        return replace(
            reply,
            provider="scripted",
            model=reply.model or self.config.model or "scripted",
            tokens=reply.tokens or Tokens(),
            prompt_version=request.prompt_version,
        )

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return about(request)

    async def close(self) -> None:
        return None
