"""The process of a local student: started, asked, stopped, and what became of it.

Invariant: the process never outlives this one, and a reply that nobody waits for any more is passed over.
One request at a time; ``cancel`` may come from any task.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from sandbox.programs import python_command
from training.student.base import ContextOverflow, StudentDied, StudentError

KEPT_NOTICES = 8
LINE_LIMIT = 64 << 20
END_SECONDS = 2.0


class WorkerProcess:
    """A running ``training.student.worker``, and what its last reply said that it holds."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._last_id = 0
        self.memory_bytes = self.states_bytes = 0
        self.notices: deque[str] = deque(maxlen=KEPT_NOTICES)

    @classmethod
    async def spawn(cls, log: Path | None) -> "WorkerProcess":
        """``log`` receives what llama.cpp prints. ``-P`` keeps the person's folder off its import path."""
        stderr = log.open("ab") if log else None
        try:
            process = await asyncio.create_subprocess_exec(
                *python_command("-m", "training.student.worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr or asyncio.subprocess.DEVNULL,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
        finally:
            if stderr:
                stderr.close()
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, op: str, request: dict[str, Any], on_text: Callable[[str], None]) -> dict[str, Any]:
        """The result of a request; what it streams before goes to ``on_text``.

        Raises StudentDied, StudentError, ContextOverflow, or asyncio.CancelledError.
        """
        self._last_id += 1
        request_id = self._last_id
        try:
            self._stdin.write(orjson.dumps({"id": request_id, "op": op, **request}) + b"\n")
            await self._stdin.drain()
            while line := await self._stdout.readline():
                reply = orjson.loads(line)
                if reply["id"] != request_id:
                    continue
                if reply["event"] != "text":
                    self._note(reply)
                    return _result(reply)
                on_text(reply["text"])
        except ConnectionError:
            pass
        except asyncio.CancelledError:
            self.cancel()
            raise
        await self._process.wait()
        raise StudentDied(self._epitaph())

    def _note(self, reply: dict[str, Any]) -> None:
        self.memory_bytes, self.states_bytes = reply["memory_bytes"], reply["states_bytes"]
        self.notices.extend(reply["notices"])

    def cancel(self) -> None:
        """Stop the request under way, if there is one; it ends as cancelled."""
        if self.alive and not self._stdin.is_closing():
            self._stdin.write(orjson.dumps({"id": self._last_id, "op": "cancel"}) + b"\n")

    def _epitaph(self) -> str:
        """Why the process is gone, in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"the student's process was ended by {signal.Signals(-code).name}"
        return f"the student's process ended with code {code}"

    def kill(self) -> None:
        """End it now."""
        if self.alive:
            self._process.kill()

    async def close(self) -> None:
        """Close its stdin, which ends it; kill it where that does not help."""
        if not self.alive:
            return
        self._stdin.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


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
