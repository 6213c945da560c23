"""The process of a local student: started, asked, stopped, and what became of it.

Invariant: the process never outlives this one, and a reply that nobody waits for any more is passed over.
One request at a time; ``cancel`` may come from any task. A process that does not confirm a cancel within
``CONFIRM_S``, or that gives neither text nor a sign of life for the longest silence, is killed: it hangs.
"""

import asyncio
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from sandbox.programs import python_command
from training.student.base import ContextOverflow, StudentDied, StudentError

WORKER = "training.student.worker"
KEPT_NOTICES = 8
LINE_LIMIT = 64 << 20
END_SECONDS = 2.0
CONFIRM_S = 3.0
"""How long a process has to say that it stopped; one that computes looks far more often."""


class WorkerProcess:
    """A running ``training.student.worker``, and what its last reply said that it holds."""

    def __init__(self, process: asyncio.subprocess.Process, silence_s: float) -> None:
        assert process.stdin
        assert process.stdout
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._silence_s = silence_s
        self._killed = False
        self._last_id = self._answered_id = self._cancelled_id = 0
        self.memory_bytes = self.states_bytes = 0
        self.notices: deque[str] = deque(maxlen=KEPT_NOTICES)

    @classmethod
    async def spawn(cls, log: Path | None, silence_s: float) -> "WorkerProcess":
        """``log`` receives what llama.cpp prints. ``-P`` keeps the person's folder off its import path.

        It dies with this process also where it is stopped and sees no end of its stdin; the system does that
        when the thread ends that started it, so only the main thread asks for it.
        """
        stderr = log.open("ab") if log else None
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        try:
            process = await asyncio.create_subprocess_exec(
                *python_command("-m", WORKER, str(parent)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr or asyncio.subprocess.DEVNULL,
                limit=LINE_LIMIT,
                start_new_session=True,
            )
        finally:
            if stderr:
                stderr.close()
        return cls(process, silence_s)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._killed

    async def ask(self, op: str, request: dict[str, Any], on_text: Callable[[str], None]) -> dict[str, Any]:
        """The result of a request; what it streams before goes to ``on_text``.

        Raises StudentDied, StudentError, ContextOverflow, or asyncio.CancelledError.
        """
        self._last_id += 1
        request_id = self._last_id
        silence_s = None if op == "load" else self._silence_s
        try:
            async with asyncio.timeout(silence_s):
                self._stdin.write(orjson.dumps({"id": request_id, "op": op, **request}) + b"\n")
                await self._stdin.drain()
            while reply := await self._reply(request_id, silence_s):
                if reply["event"] == "text":
                    on_text(reply["text"])
                elif reply["event"] != "alive":
                    return _result(reply)
        except ConnectionError:
            pass
        except TimeoutError:
            self.kill()
            await self._process.wait()
            said = f"the student (process {self.pid}) gave no sign of life for {self._silence_s:g} s"
            raise StudentDied(f"{said} and was ended") from None
        except asyncio.CancelledError:
            if op == "load":  # it looks at nothing meanwhile
                self.kill()
            await self._stopped(request_id)
            raise
        await self._process.wait()
        if self._cancelled_id == request_id:
            raise asyncio.CancelledError
        raise StudentDied(self._epitaph())

    async def _reply(self, request_id: int, within_s: float | None) -> dict[str, Any] | None:
        """The next reply to a request; None at the end of the process. Raises TimeoutError."""
        while True:
            async with asyncio.timeout(within_s):
                line = await self._stdout.readline()
            if not line:
                return None
            reply: dict[str, Any] = orjson.loads(line)
            if reply["id"] != request_id:
                continue
            if reply["event"] not in ("text", "alive"):
                self._answered_id = request_id
                self._note(reply)
            return reply

    async def _stopped(self, request_id: int) -> None:
        """Cancel a request and wait until it, or its process, has ended; a second cancel kills."""
        if self._answered_id == request_id:
            return
        self.cancel()
        try:
            while (reply := await self._reply(request_id, None)) and reply["event"] in ("text", "alive"):
                pass
        except ConnectionError:
            return
        except asyncio.CancelledError:
            self.kill()
            raise

    def _give_up(self, request_id: int) -> None:
        """Kill a process that does not confirm a cancel."""
        if self._answered_id < request_id and self.alive:
            said = f"the student (process {self.pid}) did not stop within {CONFIRM_S:g} s and was ended"
            self.notices.append(f"{said}; the next request starts it again")
            self.kill()

    def _note(self, reply: dict[str, Any]) -> None:
        self.memory_bytes, self.states_bytes = reply["memory_bytes"], reply["states_bytes"]
        self.notices.extend(reply["notices"])

    def cancel(self) -> None:
        """Stop the request under way, if there is one; it ends as cancelled, or with its process."""
        if self.alive and self._answered_id < self._last_id and not self._stdin.is_closing():
            self._stdin.write(orjson.dumps({"id": self._last_id, "op": "cancel"}) + b"\n")
            self._cancelled_id = self._last_id
            asyncio.get_running_loop().call_later(CONFIRM_S, self._give_up, self._last_id)

    def _epitaph(self) -> str:
        """Why the process is gone, in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            return f"the student's process was ended by {signal.Signals(-code).name}"
        return f"the student's process ended with code {code}"

    def kill(self) -> None:
        """End it now."""
        if self.alive:
            self._killed = True
            self._process.kill()

    async def close(self) -> None:
        """Close its stdin, which ends it; kill it where that does not help."""
        if self.alive:
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
