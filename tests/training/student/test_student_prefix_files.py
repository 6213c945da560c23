"""States on disk: found again whole or not at all, private, within their limit."""

import os
import stat
from pathlib import Path

import pytest

from training.student.kv_state import KvState, Shelf
from training.student.prefix_files import PrefixFiles

STATE = KvState((1, 2, 3), b"state" * 100)


class Kept:
    """Files in a folder and what was said of them."""

    def __init__(self, folder: Path, budget: int = 1 << 20) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.files = PrefixFiles(folder, budget, self.said.append)

    @property
    def paths(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    def load(self, tokens: tuple[int, ...] = STATE.tokens, identity: str = "m") -> KvState | None:
        return self.files.load(identity, tokens)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    made.files.save("m", STATE)
    return made


def test_a_state_comes_back_as_it_was_in_a_private_file(kept: Kept) -> None:
    assert kept.load() == STATE
    assert stat.S_IMODE(kept.paths[0].stat().st_mode) == 0o600
    assert kept.said == []


def test_other_tokens_and_other_models_find_nothing(kept: Kept) -> None:
    assert kept.load((1, 2)) is None
    assert kept.load(identity="other") is None
    assert kept.said == []
    assert len(kept.paths) == 1


@pytest.mark.parametrize("offset", [0, 30, 60, 100, -1])
def test_a_flipped_bit_anywhere_is_noticed_and_the_file_removed(kept: Kept, offset: int) -> None:
    path = kept.paths[0]
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)
    assert kept.load() is None
    assert kept.paths == []
    assert len(kept.said) == 1
    assert path.name in kept.said[0]


@pytest.mark.parametrize("length", [0, 5, 40, 90, 200])
def test_a_cut_file_is_noticed_and_removed(kept: Kept, length: int) -> None:
    kept.paths[0].write_bytes(kept.paths[0].read_bytes()[:length])
    assert kept.load() is None
    assert kept.paths == []
    assert len(kept.said) == 1


def test_a_foreign_file_under_its_name_is_removed(kept: Kept) -> None:
    theirs = KvState((7, 8), b"x")
    kept.files.save("m", theirs)
    mine = next(path for path in kept.paths if path.stat().st_size > 500)
    other = next(path for path in kept.paths if path != mine)
    mine.write_bytes(other.read_bytes())
    assert kept.load() is None
    assert "another model or prompt" in kept.said[0]
    assert kept.paths == [other]


def test_the_state_used_longest_ago_goes_first(tmp_path: Path) -> None:
    kept = Kept(tmp_path, budget=2000)
    for number in range(3):
        kept.files.save("m", KvState((number,), bytes(500)))
        for age, path in enumerate(kept.paths):
            os.utime(path, (1000 + age, 1000 + age))
    assert kept.load((0,))
    oldest = min((path for path in kept.paths), key=lambda path: path.stat().st_mtime)
    kept.files.save("m", KvState((9,), bytes(500)))
    assert kept.load((9,))
    assert kept.load((0,))
    assert not oldest.exists()
    assert sum(path.stat().st_size for path in kept.paths) <= 2000


def test_what_is_larger_than_the_limit_is_not_written(tmp_path: Path) -> None:
    kept = Kept(tmp_path, budget=100)
    kept.files.save("m", STATE)
    assert kept.paths == []


def test_parts_of_a_killed_process_go_and_foreign_files_stay(tmp_path: Path) -> None:
    (tmp_path / ".abc.part").write_bytes(b"half")
    os.utime(tmp_path / ".abc.part", (1, 1))
    (tmp_path / ".new.part").write_bytes(b"being written by somebody else")
    (tmp_path / "notes.txt").write_text("mine")
    kept = Kept(tmp_path)
    kept.files.save("m", STATE)
    assert {path.name for path in kept.paths if path.suffix != ".kv"} == {".new.part", "notes.txt"}


def test_a_folder_that_cannot_be_written_costs_a_notice_only(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "missing")
    kept.files.save("m", STATE)
    assert kept.load() is None
    assert len(kept.said) == 1


def test_what_cannot_be_put_in_place_leaves_nothing_behind(kept: Kept) -> None:
    path = kept.paths[0]
    path.unlink()
    path.mkdir()
    kept.files.save("m", STATE)
    assert kept.paths == [path]
    assert len(kept.said) == 1


def test_a_shelf_keeps_what_was_used_last_within_its_limit() -> None:
    shelf = Shelf(1000)
    for key in "ab":
        shelf.put(key, KvState((1,), bytes(500)))
    assert shelf.get("a")
    shelf.put("c", KvState((1,), bytes(500)))
    assert shelf.get("b") is None
    assert shelf.get("a")
    shelf.put("d", KvState((1,), bytes(1001)))
    assert shelf.get("d") is None
    assert shelf.size == 1000
    shelf.put("a", KvState((1, 2), bytes(100)))
    assert shelf.size == 600
