"""The journal of a job, read as it grows."""

import os
from pathlib import Path

from training.jobs.following import Following, resident_bytes
from training.jobs.journal import Journal
from training.jobs.layout import JOURNAL


def test_what_is_new_is_taken_in_and_a_step_that_is_done_again_counts_as_it_was_last(tmp_path: Path) -> None:
    journal, known = Journal(tmp_path / JOURNAL), Following(tmp_path)
    known.read()
    assert (known.steps, known.pid) == ({}, 0)
    journal.write("started", pid=7)
    journal.write("note", text="reading")
    journal.write("metric", step=1, loss=2.0)
    known.read()
    assert (known.steps, known.pid, known.note) == ({1: {"loss": 2.0}}, 7, "reading")
    journal.write("metric", step=1, loss=1.5, what_it_is="text")
    journal.write("metric", step=1, score=0.5)
    journal.write("metric", cost=3.0)
    known.read()
    assert known.steps == {1: {"loss": 1.5, "score": 0.5}}


def test_the_memory_of_a_process_is_told_and_of_none_is_not() -> None:
    now, most = resident_bytes(os.getpid()) or (0, 0)
    assert 1 << 20 < now <= most
    assert resident_bytes(0) is None
