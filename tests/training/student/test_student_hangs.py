"""A student's process that hangs is ended: after a cancel that it does not confirm, and after its silence.

The process here is a stand-in without a model, started in place of the worker; it answers as the worker does.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.training.student.conftest import talk
from tools.protocol.messages import Message
from training.student import worker_process
from training.student.base import StudentDied
from training.student.local import LocalStudent
from training.student.settings import StudentSettings

ROOT = Path(__file__).parents[3]
STORY = talk(Message("user", "Write of a dog."))


@pytest.fixture
async def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalStudent]:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(worker_process, "WORKER", "tests.training.student.hanging_worker")
    monkeypatch.setattr(worker_process, "CONFIRM_S", 0.05)
    monkeypatch.setattr(worker_process, "END_SECONDS", 0.05)
    made = LocalStudent(StudentSettings(model=str(model)))
    await made.start()
    yield made
    await made.close()


def pid(student: LocalStudent) -> int:
    assert student._process
    return student._process.pid


async def writing(student: LocalStudent) -> "asyncio.Task[object]":
    """A request that is under way."""
    begun = asyncio.Event()
    task: asyncio.Task[object] = asyncio.create_task(student.answer(STORY, on_text=lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 60)
    return task


@pytest.mark.parametrize("way", ["the task", "cancel"])
async def test_a_cancel_that_is_not_confirmed_kills_it_and_the_next_request_is_served(
    student: LocalStudent, way: str
) -> None:
    task, before = await writing(student), pid(student)
    os.kill(before, signal.SIGSTOP)
    if way == "cancel":
        await student.cancel()
    else:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    [line] = student.stats().notices
    assert f"process {before}" in line and "did not stop" in line and "starts it again" in line
    assert await asyncio.wait_for(student.count(["a"]), 60) == [1]
    assert pid(student) != before and student.stats().restarts == 1
    assert student.stats().notices == (line,)


async def test_a_second_cancel_does_not_wait(student: LocalStudent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "CONFIRM_S", 1000.0)
    task = await writing(student)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert await asyncio.wait_for(student.count(["a"]), 60) == [1]


async def test_silence_ends_it(student: LocalStudent) -> None:
    assert student._process
    student._process._silence_s = 0.05
    before = pid(student)
    with pytest.raises(StudentDied, match=r"no sign of life for 0\.05 s and was ended"):
        await asyncio.wait_for(student.answer(STORY), 60)
    assert await asyncio.wait_for(student.count(["a"]), 60) == [1]
    assert pid(student) != before


async def test_a_request_that_is_not_even_read_is_silence(student: LocalStudent) -> None:
    assert student._process
    student._process._silence_s = 0.05
    os.kill(pid(student), signal.SIGSTOP)
    with pytest.raises(StudentDied, match="no sign of life"):
        await asyncio.wait_for(student.answer(talk(Message("user", "x" * (1 << 20)))), 60)


async def test_signs_of_life_are_no_silence_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, replies = asyncio.get_running_loop(), asyncio.StreamReader()
    later, now = 0.0, loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + later)
    silent = asyncio.Event()
    quiet = SimpleNamespace(write=lambda _: None, drain=lambda: asyncio.sleep(0), is_closing=lambda: True)
    process = SimpleNamespace(
        stdin=quiet, stdout=replies, pid=7, returncode=None, kill=silent.set, wait=silent.wait
    )
    asking = asyncio.create_task(
        worker_process.WorkerProcess(process, 100.0).ask("answer", {}, print)  # type: ignore[arg-type]
    )
    for _ in range(20):
        replies.feed_data(b'{"id": 1, "event": "alive"}\n')
        for _ in range(3):
            await asyncio.sleep(0)
        later += 50
    assert not asking.done()
    later += 51
    with pytest.raises(StudentDied, match="no sign of life for 100 s"):
        await asking


async def test_a_stopped_process_is_closed_at_once(student: LocalStudent) -> None:
    task = await writing(student)
    os.kill(pid(student), signal.SIGSTOP)
    task.cancel()
    await asyncio.wait_for(student.close(), 60)
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid(student), 0)


@pytest.mark.slow
async def test_the_process_that_was_killed_takes_a_stopped_student_along(tmp_path: Path) -> None:
    """It does not see the end of its stdin: the system ends it."""
    code = (
        "import asyncio, os, signal, sys\n"
        "from training.student.worker_process import WorkerProcess\n"
        "async def main():\n"
        "    process = await WorkerProcess.spawn(None, 60.0)\n"
        "    try: await process.ask('count', {'texts': []}, print)\n"
        "    except Exception: pass\n"
        "    os.kill(process.pid, signal.SIGSTOP)\n"
        "    print(process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = (sys.executable, "-P", "-c", code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    said, _ = await asyncio.wait_for(ran.communicate(), 60)
    left = Path(f"/proc/{int(said)}/stat")
    async with asyncio.timeout(60):
        while left.exists() and left.read_text().rpartition(")")[2].split()[0] not in "ZX":
            await asyncio.sleep(0.01)
