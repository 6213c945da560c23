"""Hazards B1 to B12 that belong to the sandbox, on every back end."""

import time
import tracemalloc
from pathlib import Path

from sandbox.base import Limits

SOON_S = 30.0
"""Far less than for ever, and more than a busy machine takes."""
WALL_S = 5.0
"""Time for a call to begin, where it is to be ended in the middle."""
SMALL = Limits(memory_bytes=256 << 20, processes=32, wall_s=100)


async def still_works(sandbox) -> bool:
    return (await sandbox.run(["echo", "fine"])).output == "fine\n"


async def test_B01_fork_bomb_is_bounded(sandbox) -> None:
    started = time.monotonic()
    source = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    await sandbox.run(["python3", "-c", source], limits=Limits(processes=32, wall_s=2))
    assert time.monotonic() - started < SOON_S
    assert await still_works(sandbox)


async def test_B02_huge_allocation_fails(sandbox) -> None:
    done = await sandbox.run(["python3", "-c", "bytes(100 << 30)"], limits=SMALL)
    assert done.exit_code != 0
    assert "MemoryError" in done.output


async def test_B02_memory_over_many_processes_is_bounded(sandbox) -> None:
    source = (
        "import os, time\n"
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        "        held = b'x' * (100 << 20); time.sleep(600); os._exit(0)\n"
        "raise SystemExit(os.wait()[1] != 0)"  # of the first that ends: the others sleep
    )
    done = await sandbox.run(["python3", "-c", source], limits=SMALL)
    assert done.exit_code not in (0, None)
    assert await still_works(sandbox)


async def test_B02_shared_memory_is_bounded(sandbox) -> None:
    source = (
        "import mmap, time\nm = mmap.mmap(-1, 2 << 30)\n"
        "for at in range(0, 2 << 30, 4096): m[at] = 1\ntime.sleep(600)"
    )
    done = await sandbox.run(["python3", "-c", source], limits=SMALL)
    assert done.exit_code not in (0, None)
    assert await still_works(sandbox)


async def test_B03_endless_loop_is_killed_with_its_output_kept(sandbox, mark, none_left) -> None:
    started = time.monotonic()
    command = f"echo before; setsid sleep {mark} & while :; do :; done"
    done = await sandbox.run(["sh", "-c", command], limits=Limits(wall_s=WALL_S))
    assert time.monotonic() - started < WALL_S + SOON_S
    assert done.timed_out and done.exit_code is None
    assert done.output.startswith("before\n")
    await none_left(mark)
    assert await still_works(sandbox)


async def test_B03_cpu_time_is_bounded(sandbox) -> None:
    done = await sandbox.run(["sh", "-c", "while :; do :; done"], limits=Limits(cpu_s=1, wall_s=100))
    assert not done.timed_out and done.exit_code not in (0, None)


async def test_B04_endless_output_keeps_head_and_tail(sandbox) -> None:
    tracemalloc.start()
    limits = Limits(output_bytes=4096, wall_s=WALL_S)
    done = await sandbox.run(["sh", "-c", "echo head; yes"], limits=limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.truncated and done.timed_out
    assert done.output.startswith("head\n") and "left out" in done.output
    assert len(done.output.encode()) <= 4096
    assert peak < 8 << 20


async def test_B05_one_endless_line(sandbox) -> None:
    command = ["sh", "-c", "head -c 300000000 /dev/zero | tr '\\0' x; echo end"]
    done = await sandbox.run(command, limits=Limits(output_bytes=4096, wall_s=100))
    assert done.exit_code == 0 and done.truncated
    assert done.output.endswith("xend\n")


async def test_B06_one_file_is_bounded(sandbox, workspace: Path) -> None:
    done = await sandbox.run(
        ["sh", "-c", "head -c 5000000 /dev/zero > big"], limits=Limits(file_bytes=1 << 20)
    )
    assert done.exit_code != 0
    assert (workspace / "big").stat().st_size <= 1 << 20


async def test_B06_many_files_are_bounded(sandbox, workspace: Path) -> None:
    command = "i=0; while :; do i=$((i+1)); head -c 4000000 /dev/zero > f$i; sleep 0.01; done"
    limits = Limits(file_bytes=4 << 20, disk_bytes=32 << 20, wall_s=100)
    done = await sandbox.run(["sh", "-c", command], limits=limits)
    assert "wrote more than 32 MiB" in done.output
    assert done.exit_code == 137
    assert sum(path.stat().st_size for path in workspace.glob("f*")) < 2 << 30


async def test_B06_the_disk_is_bounded_over_many_processes(sandbox, mark, none_left) -> None:
    writer = "head -c 30000000 /dev/zero > big$i; sleep " + mark
    command = f"for i in 1 2 3; do (setsid sh -c 'i='$i'; {writer}' &) ; done; sleep {mark}"
    done = await sandbox.run(["sh", "-c", command], limits=Limits(disk_bytes=32 << 20, wall_s=100))
    assert "wrote more than 32 MiB" in done.output and done.exit_code == 137
    await none_left(mark)
    assert await still_works(sandbox)


async def test_B06_temporary_files_are_bounded(sandbox) -> None:
    command = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); head -c 20000000 /dev/zero > /tmp/f$i || exit 9; done"
    done = await sandbox.run(["sh", "-c", command], limits=SMALL)
    assert done.exit_code != 0


async def test_B11_sigterm_ignored_does_not_help(sandbox) -> None:
    source = (
        "import signal, time\n"
        "for n in range(1, 32):\n"
        "    if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n"
        "time.sleep(600)"
    )
    started = time.monotonic()
    done = await sandbox.run(["python3", "-c", source], limits=Limits(wall_s=1))
    assert done.timed_out
    assert time.monotonic() - started < 1 + SOON_S


async def test_B12_waiting_for_stdin_ends(sandbox) -> None:
    done = await sandbox.run(["sh", "-c", "cat; read x; echo ended"], limits=Limits(wall_s=100))
    assert not done.timed_out and done.output == "ended\n"


async def test_B12_pagers_and_editors_do_not_wait(sandbox) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    limits = Limits(wall_s=100)
    assert not (await sandbox.run(["git", "--paginate", "status"], limits=limits)).timed_out
    done = await sandbox.run(["git", *identity, "commit", "--allow-empty"], limits=limits)
    assert not done.timed_out and done.exit_code != 0
