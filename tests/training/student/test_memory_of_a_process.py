"""What a process says of its own memory."""

import subprocess
import sys

import pytest

from training.student import memory


@pytest.mark.slow
def test_the_peak_is_this_programs_and_not_that_of_the_one_that_started_it():
    ballast = bytearray(300 << 20)  # what a child begins with, between fork and exec
    ask = "from training.student.memory import peak_bytes; print(peak_bytes())"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert len(ballast) > int(said.stdout) > 5 << 20


def test_the_peak_is_at_least_what_is_there_now():
    assert memory.peak_bytes() >= memory.resident_bytes() > 0


def test_where_the_system_does_not_tell_there_is_still_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "STATM", tmp_path / "none")
    assert memory.peak_bytes() == memory.resident_bytes() > 0
