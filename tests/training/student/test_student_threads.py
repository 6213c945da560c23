"""Threads for the cores that are free, from what the system says is running."""

import threading
from pathlib import Path

import pytest

from training.student.threads import LOADAVG, TASKS, free_threads


def free(folder: Path, wanted: int, running: int, own: int, cores: int) -> int:
    """What is free where ``running`` threads run and ``own`` of them are ours."""
    (folder / "loadavg").write_text(f"5.10 3.70 4.12 {running}/143 22715\n")
    for number in range(own + 2):
        task = folder / "tasks" / str(number)
        task.mkdir(parents=True)
        state = "R" if number < own else "S"
        (task / "stat").write_text(f"{number} (odd) R name) {state} 1 2 3\n")
    return free_threads(wanted, cores=cores, loadavg=folder / "loadavg", tasks=folder / "tasks")


@pytest.mark.parametrize(
    ("running", "own", "threads"),
    [(1, 1, 4), (2, 1, 3), (4, 1, 1), (9, 1, 1), (4, 4, 4), (5, 4, 3), (0, 1, 4), (2, 3, 4)],
)
def test_what_others_run_is_left_to_them(tmp_path: Path, running: int, own: int, threads: int) -> None:
    assert free(tmp_path, 4, running, own, cores=4) == threads


def test_never_more_than_wanted(tmp_path: Path) -> None:
    assert free(tmp_path, 2, 1, 1, cores=64) == 2


@pytest.mark.skipif(not LOADAVG.exists(), reason="this system does not tell what runs")
def test_threads_of_this_process_that_spin_are_not_others() -> None:
    """They do for some milliseconds after each evaluation, and the next one may follow at once."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            pass

    spinning = [threading.Thread(target=spin) for _ in range(3)]
    for thread in spinning:
        thread.start()
    try:
        assert len(list(TASKS.iterdir())) >= 4
        assert free_threads(4, cores=1000) == 4
    finally:
        stop.set()
        for thread in spinning:
            thread.join()


@pytest.mark.parametrize("text", ["", "a b c d", "1 2 3 x/4 5"])
def test_where_the_system_does_not_tell_what_was_wanted_is_used(tmp_path: Path, text: str) -> None:
    assert free_threads(3, loadavg=tmp_path / "missing") == 3
    (tmp_path / "odd").write_text(text)
    assert free_threads(3, loadavg=tmp_path / "odd") == 3
