"""A GGUF student in a process of its own.

Invariant: a native abort, a swap or a slow load never takes the caller along. A process that ended is
started again by the next request, with nothing lost: the conversation is sent whole each time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import Conversation, conversation_to_dict
from training.student.base import (
    ContextOverflow,
    Decision,
    Kind,
    OnText,
    StudentDied,
    StudentError,
    StudentInfo,
    Usage,
    Written,
)
from training.student.gguf import ModelFileError, model_path
from training.student.judgement import Judgement
from training.student.settings import StudentSettings

LINE_LIMIT = 64 << 20
LOAD_SECONDS = 120.0
END_SECONDS = 2.0


class LocalStudent:
    """Fulfils ``Student`` over ``training.student.worker``. ``log`` receives what llama.cpp prints."""

    def __init__(self, settings: StudentSettings, log: Path | None = None) -> None:
        self._settings = settings
        self._judgement = Judgement(settings)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._info: StudentInfo | None = None
        self._turn = asyncio.Lock()
        self._last_id = 0

    async def start(self) -> StudentInfo:
        async with self._turn:
            return await self._ensure()

    async def _ensure(self) -> StudentInfo:
        """The information on a process that lives; started and loaded where there is none."""
        if self._process and self._process.returncode is None and self._info:
            return self._info
        try:
            path = model_path(self._settings.model)
        except ModelFileError as error:
            raise StudentError(str(error)) from None
        self._process = await self._spawn()
        threads = self._settings.threads or _cores()
        request = {"settings": self._settings.model_dump(), "path": str(path), "threads": threads}
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                result = await self._last("load", request)
        except TimeoutError:
            self._kill()
            raise StudentError(f"{path}: the model did not load within {LOAD_SECONDS:.0f} s") from None
        except StudentDied as error:
            raise StudentError(f"{path}: the model cannot be loaded: {error}") from None
        name = path.stem if self._settings.model != "embedded" else path.stem.split(".")[0]
        self._info = StudentInfo(
            model=name,
            adapter=Path(self._settings.adapter).stem if self._settings.adapter else "",
            context_tokens=result["context_tokens"],
            memory_bytes=result["memory_bytes"],
        )
        return self._info

    async def _spawn(self) -> asyncio.subprocess.Process:
        """The process: ``-P`` keeps the person's folder off its import path."""
        stderr = self._log.open("ab") if self._log else None
        try:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "training.student.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr or asyncio.subprocess.DEVNULL,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
        finally:
            if stderr:
                stderr.close()

    async def warm(self, conversation: Conversation) -> None:
        async with self._turn:
            await self._ensure()
            await self._last("warm", {"conversation": conversation_to_dict(conversation)})

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
            return Written(result["text"], Usage(**result["usage"]), result["cut"])

    async def count(self, texts: Sequence[str]) -> list[int]:
        async with self._turn:
            await self._ensure()
            counted: list[int] = (await self._last("count", {"texts": list(texts)}))["tokens"]
            return counted

    async def _last(self, op: str, request: dict[str, Any], on_text: OnText | None = None) -> dict[str, Any]:
        """The result of a request; what it streams before goes to ``on_text``."""
        async for reply in self._ask(op, request):
            if reply["event"] != "text":
                return _result(reply)
            if on_text:
                on_text(reply["text"])
        raise StudentDied(self._epitaph())

    async def _ask(self, op: str, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The replies to one request; ends early where the process ended. Replies to requests that were
        given up are passed over."""
        process = self._process
        if not process or not process.stdin or not process.stdout:
            return
        self._last_id += 1
        request_id = self._last_id
        try:
            process.stdin.write(orjson.dumps({"id": request_id, "op": op, **request}) + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                reply = orjson.loads(line)
                if reply["id"] == request_id:
                    yield reply
        except ConnectionError:
            pass
        except asyncio.CancelledError:
            self._send_cancel()
            raise
        await process.wait()

    def _send_cancel(self) -> None:
        process = self._process
        if process and process.stdin and process.returncode is None and not process.stdin.is_closing():
            process.stdin.write(b'{"op":"cancel"}\n')

    async def cancel(self) -> None:
        self._send_cancel()

    def _epitaph(self) -> str:
        """Why the process is gone, in words."""
        code = self._process.returncode if self._process else None
        if code is not None and code < 0:
            return f"the student's process was ended by {signal.Signals(-code).name}"
        return f"the student's process ended with code {code}"

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        """Close its stdin, which ends it; kill it where that does not help."""
        process = self._process
        if not process or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            self._kill()
            await process.wait()


def _result(reply: dict[str, Any]) -> dict[str, Any]:
    """The result of a closing reply. Raises what it says."""
    if reply["event"] == "done":
        result: dict[str, Any] = reply["result"]
        return result
    if reply["event"] == "overflow":
        raise ContextOverflow(reply["needed"], reply["limit"])
    if reply["event"] == "cancelled":
        raise asyncio.CancelledError
    raise StudentError(reply["message"])


def _decision(data: dict[str, Any]) -> Decision:
    return Decision(
        calls=tuple(ToolCall(**call) for call in data["calls"]),
        alternatives=tuple((name, share) for name, share in data["alternatives"]),
        branches=tuple(tuple((name, share) for name, share in branch) for branch in data["branches"]),
        usage=Usage(**data["usage"]),
        **{name: data[name] for name in ("answer", "thought", "confidence", "cut")},
    )


def _cores() -> int:
    """The cores that this process may use, at most eight: more threads do not help small models."""
    return min(len(os.sched_getaffinity(0)), 8)
