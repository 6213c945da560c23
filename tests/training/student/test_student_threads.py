"""Threads for the cores that are free, from what the system says is running."""

from pathlib import Path

import pytest

from training.student.threads import free_threads


@pytest.mark.parametrize(
    ("running", "own", "threads"),
    [(1, 1, 4), (2, 1, 3), (4, 1, 1), (9, 1, 1), (4, 4, 4), (5, 4, 3), (0, 1, 4)],
)
def test_what_others_run_is_left_to_them(tmp_path: Path, running: int, own: int, threads: int) -> None:
    loadavg = tmp_path / "loadavg"
    loadavg.write_text(f"5.10 3.70 4.12 {running}/143 22715\n")
    assert free_threads(4, own, cores=4, loadavg=loadavg) == threads


def test_never_more_than_wanted(tmp_path: Path) -> None:
    loadavg = tmp_path / "loadavg"
    loadavg.write_text("0.00 0.00 0.00 1/143 22715\n")
    assert free_threads(2, 1, cores=64, loadavg=loadavg) == 2


@pytest.mark.parametrize("text", ["", "a b c d", "1 2 3 x/4 5"])
def test_where_the_system_does_not_tell_what_was_wanted_is_used(tmp_path: Path, text: str) -> None:
    assert free_threads(3, 1, loadavg=tmp_path / "missing") == 3
    (tmp_path / "odd").write_text(text)
    assert free_threads(3, 1, loadavg=tmp_path / "odd") == 3
