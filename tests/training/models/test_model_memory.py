"""What is left on the machine, and the context that fits into it."""

from pathlib import Path

import pytest

from training.models.memory import RESERVE_BYTES, available_bytes, fitting_context

GB = 1 << 30


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "meminfo").write_text("MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\nHugePages: 0\n")
    group = tmp_path / "groups" / "user" / "a"
    group.mkdir(parents=True)
    (tmp_path / "own").write_text("0::/user/a\n")
    (group / "memory.max").write_text(f"{4 * GB}\n")
    (group / "memory.current").write_text(f"{3 * GB}\n")
    (group / "memory.stat").write_text(f"anon {GB}\ninactive_file {2 * GB}\n")
    return tmp_path


def left(machine: Path) -> int | None:
    return available_bytes(machine / "meminfo", machine / "groups", machine / "own")


def test_the_control_group_limits_what_the_machine_has(machine: Path) -> None:
    assert left(machine) == 3 * GB


def test_a_group_without_a_limit_does_not_count(machine: Path) -> None:
    (machine / "groups" / "user" / "a" / "memory.max").write_text("max\n")
    assert left(machine) == 16 * GB


def test_a_system_that_tells_nothing_is_not_guessed_at(tmp_path: Path) -> None:
    assert left(tmp_path) is None


def test_the_machine_of_the_test_has_some() -> None:
    assert (available_bytes() or 0) > 1 << 20


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        (None, 40_960),
        (64 * GB, 40_960),
        (2 * GB + RESERVE_BYTES + 10_000 * 1024, 9984),
        (2 * GB + RESERVE_BYTES, 0),
        (GB, 0),
    ],
)
def test_the_context_that_fits_beside_the_weights(available: int | None, expected: int) -> None:
    assert fitting_context(available, 2 * GB, 1024, 40_960) == expected
