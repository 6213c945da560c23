"""Files of the data folder that are pipes, links in a circle, or nested without end."""

import os
from pathlib import Path

import pytest

from assistant.agent.sessions import SessionStore
from sandbox.programs import recorded_folders
from training.events.files import JournalFile


def test_record_of_folders_may_be_anything(tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.write_text("[" * 200_000 + '\n"/kept"\n')
    assert recorded_folders(deep) == [Path("/kept")]
    os.mkfifo(tmp_path / "pipe")
    assert recorded_folders(tmp_path / "pipe") == []


@pytest.mark.parametrize("writable", [True, False])
def test_log_file_that_is_a_pipe_is_refused(tmp_path: Path, writable: bool) -> None:
    os.mkfifo(tmp_path / "head")
    with pytest.raises(OSError, match="no regular file"):
        JournalFile(tmp_path / "head", writable, True)


def test_session_that_links_to_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").symlink_to("a.jsonl")
    store = SessionStore(tmp_path)
    assert store.list()[0].problem
    assert store.latest_summary(tmp_path) is None
