"""A student behind an OpenAI-compatible endpoint: llama-server, Ollama, vLLM, or a hosted one.

Invariant: a call that is returned names an offered tool and has arguments of its schema. What the model
proposes otherwise is said to it once; if that does not help, the decision fails with one line. Not
covered: a server that shortens an overlong prompt without saying so (Ollama does, at its ``num_ctx``).
``confidence`` stays 0.0, unknown.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Reading
from training.student.base import (
    Decision,
    Kind,
    OnText,
    Pointed,
    Stats,
    StudentError,
    StudentInfo,
    StudentUndecided,
    Usage,
    Written,
)
from training.student.passages import Passage
from training.student.remote_counting import Estimate
from training.student.remote_decision import Asked, Unusable, correction, decision_of, usage_of, usage_sum
from training.student.remote_endpoint import ORDINARY, Endpoint, Patience
from training.student.remote_errors import Refused, adapted, lacks_tools, overflow
from training.student.remote_events import Reply
from training.student.remote_holding import Holding
from training.student.remote_messages import may_answer, offered, request, written_request
from training.student.settings import StudentSettings
from training.student.tally import Tally

COMPLETIONS = "/chat/completions"
LONGEST_NAME = 200
LARGEST_WINDOW = 1 << 30
NO_ADAPTER = "student.adapter needs a GGUF as student.model; an endpoint takes none"


class RemoteStudent:
    """Fulfils ``Student``. The conversation is sent whole each time; the server keeps nothing for it."""

    def __init__(self, settings: StudentSettings, patience: Patience | None = None) -> None:
        self._settings = settings
        self._patience = patience or replace(ORDINARY, read_s=settings.silence_seconds)
        self._endpoint: Endpoint | None = None
        self._info: StudentInfo | None = None
        self._turn = asyncio.Lock()
        self._work: asyncio.Task[Decision] | None = None
        self._not_taken: list[Refused] = []
        self._native_calls = True
        self._tally = Tally()
        self._estimate = Estimate()

    async def start(self) -> StudentInfo:
        async with self._turn:
            _, info = await self._ensure()
            return info

    async def _ensure(self) -> tuple[Endpoint, StudentInfo]:
        if self._settings.adapter_path:
            raise StudentError(NO_ADAPTER)
        if self._endpoint is None:
            self._endpoint = Endpoint(self._settings.model, self._patience)
        if self._info is None:
            self._info = await self._who(self._endpoint)
        return self._endpoint, self._info

    async def _who(self, endpoint: Endpoint) -> StudentInfo:
        """The model's name and window. Where a name is set, no list of models is needed."""
        name = self._settings.name
        try:
            listed = _models(await endpoint.get("/models"))
        except Refused as refused:
            if not name or refused.status in (401, 403):
                raise
            listed = []
        if not name and not listed:
            mend = "apprentice config set student.name NAME"
            raise StudentError(f"{endpoint.base} does not say which models it has; name one: {mend}")
        entry = next((one for one in listed if not name or one["id"] == name), {})
        return StudentInfo(name or str(entry["id"]), context_tokens=_window(entry, self._settings))

    async def adapt(self, adapter: str) -> StudentInfo:
        if adapter:
            raise StudentError(NO_ADAPTER)
        return await self.start()

    def stats(self) -> Stats:
        return self._tally.stats()

    async def warm(self, conversation: Conversation, *, kind: Kind = "agent") -> None:
        """Nothing: a request for its side effect costs money at some endpoints."""

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        return await self._run(conversation, allowed, self._settings, on_text)

    async def answer(
        self,
        conversation: Conversation,
        *,
        kind: Kind = "agent",
        limit: int = 0,
        on_text: OnText | None = None,
    ) -> Written:
        settings = self._settings.model_copy(update={"answer_tokens": limit or self._settings.answer_tokens})
        decision = await self._run(conversation, [ANSWER], settings, on_text)
        return Written(decision.answer, decision.usage, decision.cut)

    async def _run(
        self,
        conversation: Conversation,
        allowed: Sequence[str] | None,
        settings: StudentSettings,
        on_text: OnText | None,
    ) -> Decision:
        """One decision, as a task that ``cancel`` reaches."""
        async with self._turn:
            self._work = asyncio.create_task(
                self._decide(conversation, allowed, settings, on_text or _unheard)
            )
            try:
                decision = await self._work
            finally:
                self._work = None
            self._tally.add(decision.usage)
            return decision

    async def _decide(
        self,
        conversation: Conversation,
        allowed: Sequence[str] | None,
        settings: StudentSettings,
        on_text: OnText,
    ) -> Decision:
        endpoint, info = await self._ensure()
        try:
            asked = self._asked(conversation, info.model, settings, allowed)
            return await self._decided(endpoint, asked, on_text)
        except Refused as refused:
            if not (self._native_calls and lacks_tools(refused)):
                raise
        self._native_calls = False
        asked = self._asked(conversation, info.model, settings, allowed)
        return await self._decided(endpoint, asked, on_text)

    def _asked(
        self,
        conversation: Conversation,
        model: str,
        settings: StudentSettings,
        allowed: Sequence[str] | None,
    ) -> Asked:
        plain = self._native_calls or not conversation.signatures
        make = request if plain else written_request
        return Asked(
            body=make(conversation, model, settings, allowed),
            tools=offered(conversation, allowed),
            may_answer=may_answer(conversation, allowed),
            max_calls=conversation.prompt.max_calls,
        )

    async def _decided(self, endpoint: Endpoint, asked: Asked, on_text: OnText) -> Decision:
        """A decision from one reply or, where that is not usable, from a second one."""
        spent = Usage()
        for last in (False, True):
            holding = Holding(tuple(asked.tools), on_text)
            reply = Reply(holding.feed)
            spent = usage_sum(spent, await self._request(endpoint, asked.body, reply))
            try:
                decision = decision_of(reply, asked, spent)
            except Unusable as problem:
                if last:
                    raise StudentUndecided(f"the student decided nothing usable, twice: {problem}") from None
                turns = [*asked.body["messages"], *correction(reply, problem, asked)]
                asked = replace(asked, body={**asked.body, "messages": turns})
                if holding.shown:
                    on_text("\n\n")
                continue
            if not decision.calls or (reply.calls and holding.shown):
                holding.finish()
            return decision
        raise AssertionError("unreachable: the second round returns or raises")

    async def _request(self, endpoint: Endpoint, body: dict[str, Any], reply: Reply) -> Usage:
        """Fill ``reply``. A field that the endpoint does not take is left out from then on."""
        for refused in self._not_taken:
            body = adapted(body, refused) or body
        while True:
            started = time.perf_counter()
            first: list[float] = []

            def take(event: Any, first: list[float] = first) -> None:
                first.append(time.perf_counter())
                reply.take(event)

            try:
                done = await endpoint.post(COMPLETIONS, body, take)
            except Refused as refused:
                if too_long := overflow(refused):
                    raise too_long from None
                without = adapted(body, refused)
                if without is None:
                    raise
                self._not_taken.append(refused)
                body = without
                continue
            if not done and not reply.finish:
                raise StudentError(f"{endpoint.base}: the reply was cut off; ask again")
            usage = usage_of(reply, started, first[0] if first else None)
            self._estimate.learn(body, usage)
            return usage

    async def read(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Pointed:
        raise StudentError(
            "a student behind an endpoint writes its answers; only a local one points at lines"
        )

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [self._estimate.tokens(text) for text in texts]

    async def cancel(self) -> None:
        if self._work:
            self._work.cancel()

    async def close(self) -> None:
        work = self._work
        if work:
            work.cancel()
            await asyncio.wait([work])
        endpoint, self._endpoint = self._endpoint, None
        if endpoint:
            await endpoint.close()


def _models(page: Any) -> list[dict[str, Any]]:
    """The entries of a list of models that have a name."""
    entries = page.get("data") if isinstance(page, dict) else None
    listed = entries if isinstance(entries, list) else []
    return [one for one in listed if isinstance(one, dict) and _is_name(one.get("id"))]


def _is_name(name: object) -> bool:
    """Whether it is one that a person could type: it goes into records and onto the screen."""
    return isinstance(name, str) and name.isprintable() and 0 < len(name) <= LONGEST_NAME


def _window(entry: dict[str, Any], settings: StudentSettings) -> int:
    """What the entry says is served; else the settings' window, within what the model was trained with."""
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    for served in (entry.get("max_model_len"), entry.get("context_length"), meta.get("n_ctx")):
        if isinstance(served, int) and 0 < served <= LARGEST_WINDOW:
            return served
    trained = meta.get("n_ctx_train")
    if isinstance(trained, int) and trained > 0:
        return min(settings.context_tokens, trained)
    return settings.context_tokens


def _unheard(_text: str) -> None:
    """For a decision that nobody reads while it comes."""
