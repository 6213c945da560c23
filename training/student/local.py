"""A GGUF student in a process of its own.

Invariant: a native abort, a swap or a slow load never takes the caller along. A process that ended is
started again by the next request, with nothing lost: the conversation is sent whole each time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Reading, conversation_to_dict
from training.models.choice import LoadChoice, choose
from training.student.base import (
    Decision,
    Kind,
    OnText,
    Pointed,
    Stats,
    StudentDied,
    StudentError,
    StudentInfo,
    Usage,
    Written,
)
from training.student.fusion import LineScore, Scores, fused
from training.student.gguf import ModelFileError, called, model_path
from training.student.judgement import Judgement
from training.student.passages import Passage
from training.student.settings import StudentSettings
from training.student.tally import Tally
from training.student.worker_process import WorkerProcess

Prepare = Callable[[Path, StudentSettings], Awaitable[LoadChoice]]

LOAD_SECONDS = 120.0


class LocalStudent:
    """Fulfils ``Student`` over ``training.student.worker``. ``log`` receives what llama.cpp prints.

    ``prepare`` says before each load how the file is loaded; without it, as the settings say. ``cache`` is
    the folder of states that are kept over runs; without it none are.
    """

    def __init__(
        self,
        settings: StudentSettings,
        log: Path | None = None,
        prepare: Prepare | None = None,
        cache: Path | None = None,
    ) -> None:
        self._settings = settings
        self._prepare = prepare or _as_set
        self._judgement = Judgement(settings)
        self._log = log
        self._cache = cache
        self._process: WorkerProcess | None = None
        self._info: StudentInfo | None = None
        self._turn = asyncio.Lock()
        self._tally = Tally()
        self._restarts = 0

    async def start(self) -> StudentInfo:
        async with self._turn:
            return await self._ensure()

    async def _ensure(self) -> StudentInfo:
        """The information on a process that lives; started and loaded where there is none."""
        if self._process and self._process.alive and self._info:
            return self._info
        try:
            path = model_path(self._settings.model)
        except ModelFileError as error:
            raise StudentError(str(error)) from None
        choice = await self._prepare(path, self._settings)
        settings = self._settings.model_copy(update={"context_tokens": choice.context_tokens})
        request = {
            "settings": settings.model_dump(),
            "path": str(path),
            "threads": choice.threads,
            "step": choice.batch,
            "cache": str(self._cache) if self._cache else "",
        }
        self._restarts += self._info is not None
        self._info = None
        result = await self._load(path, request)
        name = called(path) if self._settings.model != "embedded" else path.stem.split(".")[0]
        self._info = StudentInfo(
            model=name,
            adapter=_called(self._settings.adapter_path),
            context_tokens=result["context_tokens"],
            memory_bytes=result["memory_bytes"],
            notice=choice.notice,
        )
        return self._info

    async def _load(self, path: Path, request: dict[str, Any]) -> dict[str, Any]:
        """A process that has loaded the model. Raises StudentError; then no process is left."""
        before = self._process
        self._process = process = await WorkerProcess.spawn(self._log, self._settings.silence_seconds)
        if before:
            process.notices.extend(before.notices)
        loaded = False
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                result = await self._last("load", request)
            loaded = True
        except TimeoutError:
            raise StudentError(f"{path}: the model did not load within {LOAD_SECONDS:.0f} s") from None
        except StudentDied as error:
            raise StudentError(f"{path}: the model cannot be loaded: {error}") from None
        finally:
            if not loaded:
                process.kill()
        return result

    async def adapt(self, adapter: str) -> StudentInfo:
        async with self._turn:
            info = await self._ensure()
            await self._last("adapt", {"adapter": adapter})
            self._settings = self._settings.model_copy(update={"adapter": adapter})
            self._judgement = Judgement(self._settings)
            self._info = replace(info, adapter=_called(adapter))
            return self._info

    async def warm(self, conversation: Conversation, *, kind: Kind = "agent") -> None:
        async with self._turn:
            await self._ensure()
            await self._last("warm", {"conversation": conversation_to_dict(conversation), "kind": kind})

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        async with self._turn:
            await self._ensure()
            request = {
                "conversation": conversation_to_dict(conversation),
                "allowed": list(allowed) if allowed is not None else None,
            }
            decision = _decision(await self._last("decide", request, on_text))
            self._tally.add(decision.usage)
            return self._judgement.judged(conversation, decision, allowed, on_text)

    async def answer(
        self,
        conversation: Conversation,
        *,
        kind: Kind = "agent",
        limit: int = 0,
        on_text: OnText | None = None,
    ) -> Written:
        async with self._turn:
            await self._ensure()
            request = {"conversation": conversation_to_dict(conversation), "kind": kind, "limit": limit}
            result = await self._last("answer", request, on_text)
            written = Written(result["text"], Usage(**result["usage"]), result["cut"], result["repeated"])
            self._tally.add(written.usage)
            return written

    async def read(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Pointed:
        started = time.perf_counter()
        made = fused(await self.scores(reading, question, passages), reading)
        return replace(made, usage=Usage(latency_ms=(time.perf_counter() - started) * 1000))

    async def scores(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Scores:
        """What ``read`` weighs. Raises as it does."""
        async with self._turn:
            await self._ensure()
            shown = [{"call": asdict(one.call), "lines": one.lines} for one in passages]
            request = {"reading": asdict(reading), "question": question, "passages": shown}
            result = await self._last("scores", request)
            lines = tuple(LineScore(**line) for line in result["lines"])
            return Scores(result["forms"], lines, result["unread"])

    async def count(self, texts: Sequence[str]) -> list[int]:
        async with self._turn:
            await self._ensure()
            counted: list[int] = (await self._last("count", {"texts": list(texts)}))["tokens"]
            return counted

    async def _last(self, op: str, request: dict[str, Any], on_text: OnText | None = None) -> dict[str, Any]:
        """The result of a request to the process that ``_ensure`` left running."""
        assert self._process
        return await self._process.ask(op, request, on_text or _unheard)

    def stats(self) -> Stats:
        process, stats = self._process, replace(self._tally.stats(), restarts=self._restarts)
        if not process or not process.alive:
            return replace(stats, notices=tuple(process.notices) if process else ())
        return replace(
            stats,
            memory_bytes=process.memory_bytes,
            states_bytes=process.states_bytes,
            notices=tuple(process.notices),
        )

    async def cancel(self) -> None:
        if self._process:
            self._process.cancel()

    async def close(self) -> None:
        self._info = None
        if self._process:
            await self._process.close()


def _decision(data: dict[str, Any]) -> Decision:
    return Decision(
        calls=tuple(ToolCall(**call) for call in data["calls"]),
        alternatives=tuple((name, share) for name, share in data["alternatives"]),
        branches=tuple(tuple((name, share) for name, share in branch) for branch in data["branches"]),
        usage=Usage(**data["usage"]),
        **{name: data[name] for name in ("answer", "thought", "confidence", "cut", "reads", "repeated")},
    )


def _called(adapter: str) -> str:
    return called(Path(adapter)) if adapter else ""


async def _as_set(path: Path, settings: StudentSettings) -> LoadChoice:
    return choose(settings, None, None, None)


def _unheard(_text: str) -> None:
    """For a request that nobody listens to while it runs."""
