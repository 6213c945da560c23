"""Keeps git's own settings, the assistant's, and the program itself out of reach of what runs in the sandbox.

Invariant: a protected path is bound read-only over itself, and the folders that lead to it are bound over
themselves, so that neither can be renamed, removed or swapped for a link. Where it does not exist yet, an
empty placeholder stands in for it, which all calls in that workspace share, those of other programs too: the
last one to end removes it. ``.git`` and ``.apprentice`` that a call makes elsewhere in the tree are
set aside when it ends, before its result is returned. Not covered: the moment between such a creation and
the end of the call; bare repositories; hooks that ``core.hooksPath`` names inside the workspace; what git
finds through a ``.git`` file that points outside the workspace.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sandbox.base import Mount, SandboxError
from sandbox.installation import installed_below
from sandbox.leftovers import STANDS_IN
from sandbox.scratch import Scratch
from sandbox.shared import Shared
from sandbox.tree import Identity, NamesInTree, identity_of

_AT_EVERY_DEPTH = frozenset({".git", ".apprentice"})
_IN_GIT_FOLDERS = ("hooks", "config", "config.worktree", "commondir")
_ALWAYS_IN_GIT_FOLDERS = ("hooks", "config")
_FILES = frozenset({"config"})


@dataclass(frozen=True)
class Bind:
    """A path that is bound over itself, and what lies there now."""

    path: Path
    writable: bool
    identity: Identity


class Protection:
    """The protected paths of one mount, around one call or one container at a time.

    ``scratch`` is where placeholders are noted, for the case that this process is killed.
    """

    def __init__(self, mount: Mount, scratch: Scratch | None = None) -> None:
        self._root = mount.root
        installed = (str(path) for path in installed_below(mount.root))
        self._protected = tuple(dict.fromkeys([*mount.protected, *installed]))
        self._scratch = scratch
        first = {Path(path).parts[0] for path in self._protected}
        self._names = NamesInTree(mount.root, _AT_EVERY_DEPTH & first)
        self._known: frozenset[Identity] | None = None
        self._absent: list[Path] = []
        self._placeholders: dict[Path, Identity] = {}

        self._shared = Shared(mount.root)

    def prepare(self) -> tuple[Bind, ...]:
        """Put placeholders in place and return what to bind, parents first.

        Raises SandboxError where a protected path cannot be protected, such as one behind a symbolic link.
        """
        self._known = None
        self._shared.enter()
        try:
            return self._binds()
        except OSError as error:
            self._leave()
            fix = "make its folder writable"
            raise SandboxError(f"cannot protect {error.filename}: {error.strerror}; {fix}") from error
        except SandboxError:
            self._leave()
            raise

    def release(self) -> list[str]:
        """Set aside what appeared since ``prepare``, a line for each; remove placeholders."""
        set_aside = self.sweep()
        self._leave()
        return set_aside

    def sweep(self) -> list[str]:
        """Set aside what appeared since ``prepare``, placeholders kept; one line for each.

        Nothing is touched where no ``prepare`` came before.
        """
        known, self._known = self._known, None
        if known is None:
            return []
        new = [path for path, identity in self._names.find().items() if identity not in known]
        paths = [self._root / path for path in new]
        paths += [path for path in self._absent if identity_of(path) is not None]
        return [self._set_aside(path) for path in paths]

    def _binds(self) -> tuple[Bind, ...]:
        found = self._names.find()
        binds: dict[Path, bool] = {}
        self._absent = []
        for path in self._protected:
            self._protect(Path(path), binds)
        for path in sorted(found):
            self._protect_found(Path(path), binds)
        self._known = frozenset(self._names.find().values())
        return tuple(self._bind(path, writable) for path, writable in sorted(binds.items()))

    def _bind(self, path: Path, writable: bool) -> Bind:
        full = self._root / path
        return Bind(full, writable, _identity_now(full))

    def _protect(self, path: Path, binds: dict[Path, bool]) -> None:
        """Bind ``path`` read-only, and what leads to it writable, from the root down."""
        here = Path()
        for part in path.parts:
            here = here / part
            if binds.get(here) is False:
                return
            mode = self._mode(here)
            if mode is None:
                self._place(self._root / here)
            elif self._is_stand_in(here):
                self._placeholders[self._root / here] = _identity_now(self._root / here)
            elif stat.S_ISDIR(mode) and here != path:
                binds.setdefault(here, True)
                continue
            binds[here] = False
            return

    def _protect_found(self, path: Path, binds: dict[Path, bool]) -> None:
        mode = self._mode(path)
        if path.name != ".git" or mode is None or not stat.S_ISDIR(mode):
            binds[path] = False
            return
        if binds.get(path) is False:
            return
        for folder in self._git_folders(path):
            for parent in (folder, *folder.parents):
                if parent.is_relative_to(path):
                    binds.setdefault(parent, True)
            self._protect_in_git_folder(folder, binds)

    def _protect_in_git_folder(self, folder: Path, binds: dict[Path, bool]) -> None:
        linked = (self._root / folder / "commondir").exists()
        for name in _IN_GIT_FOLDERS:
            inner = folder / name
            if inner in binds:
                continue
            if self._mode(inner) is not None:
                if self._is_stand_in(inner):
                    self._placeholders[self._root / inner] = _identity_now(self._root / inner)
            else:
                if linked or name not in _ALWAYS_IN_GIT_FOLDERS:
                    self._absent.append(self._root / inner)
                    continue
                self._place(self._root / inner)
            binds[inner] = False

    def _git_folders(self, git: Path) -> list[Path]:
        """A ``.git`` folder, and those of its submodules and worktrees inside it."""
        folders = [git]
        for inner in ("modules", "worktrees"):
            for folder, names, files in os.walk(self._root / git / inner):
                if "HEAD" in files:
                    folders.append(Path(folder).relative_to(self._root))
                    names[:] = [name for name in names if name == "modules"]
        return folders

    def _mode(self, path: Path) -> int | None:
        try:
            mode = os.lstat(self._root / path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(mode):
            fix = "replace the link by what it points to"
            raise SandboxError(f"{self._root / path} is a symbolic link and cannot be protected; {fix}")
        return mode

    def _place(self, path: Path) -> None:
        if self._scratch is not None:
            self._scratch.note("placeholder", path)
        try:
            if path.name in _FILES:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                os.close(os.open(path, flags, 0o644 | STANDS_IN))
            else:
                path.mkdir(0o755 | STANDS_IN)
        except FileExistsError:  # another call has put it there in this moment
            if not self._is_stand_in(path.relative_to(self._root)):
                raise
        self._placeholders[path] = _identity_now(path)

    def _is_stand_in(self, path: Path) -> bool:
        """Whether a placeholder is there, of ours or of another call, and still empty."""
        full = self._root / path
        status = full.lstat()
        if not status.st_mode & STANDS_IN or status.st_uid != os.geteuid():
            return False
        return not any(full.iterdir()) if stat.S_ISDIR(status.st_mode) else status.st_size == 0

    def _leave(self) -> None:
        """Nothing runs here any more; where nothing of others does either, the placeholders go."""
        if self._shared.leave():
            self._remove_placeholders()
            self._shared.close()
        else:
            self._placeholders.clear()

    def _remove_placeholders(self) -> None:
        for path, identity in reversed(self._placeholders.items()):
            _remove_if_still(path, identity)
        self._placeholders.clear()

    def _set_aside(self, path: Path) -> str:
        number = 1
        while (aside := path.with_name(f"{path.name}.set-aside-{number}")).is_symlink() or aside.exists():
            number += 1
        path.rename(aside)
        return f"{path} may not be made by a call; it was set aside as {aside.name}"


def _identity_now(path: Path) -> Identity:
    status = path.lstat()
    return status.st_dev, status.st_ino


def _remove_if_still(path: Path, identity: Identity) -> None:
    """Remove a placeholder, unless somebody made it theirs by filling or replacing it."""
    if identity_of(path) != identity:
        return
    if not path.is_dir():
        if path.stat().st_size == 0:
            path.unlink()
    elif not any(path.iterdir()):
        path.rmdir()
