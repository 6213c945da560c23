"""The first frame's guess: kept from the last run, corrected by the settings, never an error."""

from pathlib import Path

import pytest

from assistant.tui.look import Look, keep_look, last_look


def test_a_look_is_kept_for_the_next_run(tmp_path: Path) -> None:
    look = Look("apprentice-light", False, False, "plan", "big.gguf")
    keep_look(tmp_path / "look.json", look)
    assert last_look(tmp_path / "look.json") == look


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"theme": 3, "mouse": "yes", "other": 1}', "\xff"])
def test_a_damaged_look_is_the_built_in_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "look.json"
    file.write_bytes(text.encode("latin-1"))
    assert last_look(file) == Look()


def test_what_can_be_read_of_a_look_is_taken(tmp_path: Path) -> None:
    (tmp_path / "look.json").write_text('{"theme": "apprentice-ansi", "mouse": 1}')
    assert last_look(tmp_path / "look.json") == Look(theme="apprentice-ansi")


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    keep_look(tmp_path / "none" / "look.json", Look(theme="x"))
    assert last_look(tmp_path / "none" / "look.json") == Look()
