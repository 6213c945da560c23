"""A folder as it was at one moment, and the way back there, whatever programs did in it since.

Invariant: ``bring_back`` leaves the files, contents and permissions of the moment of ``remember``. Only what
was changed is written, because most calls change little. Contents are held in memory.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Mark = tuple[int, int, int, int, int]
"""What differs once a file was touched: no program can set back the time of its last change."""


@dataclass(frozen=True)
class _File:
    mark: Mark
    mode: int
    content: bytes


class WayBack:
    """Of the folder ``root``, which holds files and folders, and no links, at the moment of ``remember``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[Path, _File] = {}
        self._folders: dict[Path, int] = {}

    def remember(self) -> None:
        """This is the moment. Raises OSError."""
        self._files.clear()
        self._folders.clear()
        self._see(self._root)

    def bring_back(self) -> None:
        """Raises OSError."""
        missing = self._files.keys() | self._folders.keys()
        self._clear(self._root, missing)
        for path in sorted(missing):
            if path in self._folders:
                path.mkdir()
                path.chmod(self._folders[path])
            else:
                self._write(path, self._files[path])

    def _see(self, folder: Path) -> None:
        for path, facts in _entries(folder):
            mode = stat.S_IMODE(facts.st_mode)
            if stat.S_ISDIR(facts.st_mode):
                self._folders[path] = mode
                self._see(path)
            else:
                self._files[path] = _File(_mark(facts), mode, path.read_bytes())

    def _clear(self, folder: Path, missing: set[Path]) -> None:
        """Remove what was not there, or is not as it was; take what is as it was out of ``missing``."""
        for path, facts in _entries(folder):
            is_folder = stat.S_ISDIR(facts.st_mode)
            if is_folder and path in self._folders:
                if stat.S_IMODE(facts.st_mode) != self._folders[path]:
                    path.chmod(self._folders[path])
                missing.discard(path)
                self._clear(path, missing)
            elif path in self._files and self._files[path].mark == _mark(facts):
                missing.discard(path)
            elif is_folder:
                shutil.rmtree(path)
            else:
                path.unlink()

    def _write(self, path: Path, file: _File) -> None:
        path.write_bytes(file.content)
        path.chmod(file.mode)
        self._files[path] = _File(_mark(path.stat()), file.mode, file.content)


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    with os.scandir(folder) as entries:
        found = [(Path(entry.path), entry.stat(follow_symlinks=False)) for entry in entries]
    yield from found


def _mark(facts: os.stat_result) -> Mark:
    return facts.st_ino, facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
