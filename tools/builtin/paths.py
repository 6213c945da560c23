"""Paths that a student names, resolved so that they cannot leave the workspace.

Invariant: every step is taken relative to an open folder descriptor and without following links; links are
expanded here and only inside the workspace; what was opened is checked again afterwards. Covered: ``..``,
absolute paths, ``~``, links to outside, dangling and circular links, a swap between check and open,
FIFOs and devices, protected names at every depth with their look-alikes. Not covered: the content of a
hardlink made by somebody else is readable; writing never goes through one (see ``atomic``).
"""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.installation import installed_below, kept_below
from tools.calls import ToolError

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MOST_LINKS = 40
_LONGEST_NAME = 255
_LOOK_ALIKES = str.maketrans("ıіаресɡɑτꭲ", "iiapecgatt")
_PROTECTED = frozenset({".git", "git~1", ".apprentice"})


@dataclass(frozen=True)
class Place:
    """Where a path leads: ``name`` in the open folder ``folder``, links already expanded.

    ``name`` is empty where the place is a folder; ``folder`` is then its descriptor. ``parts`` is the
    whole way from the workspace. ``exists`` is False only for a name that may be created.
    """

    workspace: Path
    folder: int
    parts: tuple[str, ...]
    name: str
    exists: bool

    @property
    def is_folder(self) -> bool:
        return not self.name

    @property
    def shown(self) -> str:
        """The path from the workspace, safe for one line."""
        return shown("/".join(self.parts) or ".")

    @property
    def path(self) -> Path:
        return self.workspace.joinpath(*self.parts)


def shown(name: str) -> str:
    """``name`` on one line: control and undecodable characters are escaped."""
    if name.isprintable():
        return name
    return "".join(one if one.isprintable() else _escaped(one) for one in name)


def _escaped(one: str) -> str:
    if 0xDC80 <= ord(one) <= 0xDCFF:  # a byte that is no UTF-8, as Python keeps it in a name
        return f"\\x{ord(one) - 0xDC00:02x}"
    return one.encode("unicode_escape").decode("ascii")


def is_protected(name: str) -> bool:
    """True for ``.git``, ``.apprentice`` and what a file system or an eye could take for them."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LOOK_ALIKES)
    visible = "".join(one for one in plain if unicodedata.category(one) not in ("Cf", "Cc", "Mn"))
    return visible.rstrip(". ") in _PROTECTED


@contextmanager
def located(workspace: Path, text: str, *, writing: bool = False, making: bool = False) -> Iterator[Place]:
    """Find ``text`` below the workspace, with its folder open for the duration.

    ``writing`` allows names that do not exist and refuses protected ones; ``making`` also makes the
    missing folders above the last name (without it, ``folder`` is the deepest that exists). Raises
    ToolError with one line.
    """
    with ExitStack() as descriptors:
        try:
            names = _split(workspace, text)
            if writing:
                _refuse_protected(names)
            place = _Walk(workspace, text, names, descriptors, writing=writing, making=making).go()
        except OSError as error:
            raise ToolError(f"{shown(text)[:200]}: {_why(error)}") from error
        if writing:
            _refuse_protected(place.parts)
            _refuse_own(workspace, place)
        yield place


def _refuse_own(workspace: Path, place: Place) -> None:
    """Refuse what this very program runs from or keeps its settings in, where it lies in the workspace."""
    for folder in kept_below(workspace.resolve()):
        if place.path.resolve().is_relative_to(folder):
            raise ToolError(f"{place.shown} belongs to this program itself; only the user may change it")
    for folder in installed_below(workspace):
        if place.path.is_relative_to(workspace / folder):
            raise ToolError(f"{place.shown} belongs to this program itself; only the user may change it")


def open_file(place: Place) -> int:
    """Open a regular file for reading; the caller closes it. Raises ToolError for anything else."""
    if place.is_folder:
        raise ToolError(f"{place.shown} is a folder; list_files shows what is in it")
    try:
        before = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        if not stat.S_ISREG(before.st_mode):
            raise ToolError(f"{place.shown} is {_kind(before.st_mode)}, not a file")
        descriptor = os.open(place.name, _FILE_FLAGS, dir_fd=place.folder)
    except OSError as error:
        raise ToolError(f"{place.shown}: {_why(error)}") from error
    after = os.fstat(descriptor)
    if not os.path.samestat(before, after) or not stat.S_ISREG(after.st_mode):
        os.close(descriptor)
        raise ToolError(f"{place.shown} was swapped while it was opened; try again")
    try:
        check_still_below(place)
    except ToolError:
        os.close(descriptor)
        raise
    return descriptor


def check_still_below(place: Place) -> None:
    """Raise ToolError where the folder of ``place`` is no longer where it was found."""
    with ExitStack() as descriptors:
        try:
            current = _opened(str(place.workspace), None, descriptors)
            for part in place.parts if place.is_folder else place.parts[:-1]:
                current = _opened(part, current, descriptors)
        except OSError as error:
            raise ToolError(f"{place.shown} was moved while it was used; try again") from error
        if not os.path.samestat(os.fstat(current), os.fstat(place.folder)):
            raise ToolError(f"{place.shown} was moved while it was used; try again")


class _Walk:
    """One way from the workspace to a name, a descriptor per step."""

    def __init__(
        self,
        workspace: Path,
        text: str,
        names: list[str],
        descriptors: ExitStack,
        *,
        writing: bool,
        making: bool,
    ) -> None:
        self.workspace = workspace
        self.said = shown(text)[:200]
        self.todo = names[::-1]
        self.writing = writing
        self.making = making
        self.descriptors = descriptors
        self.links = 0
        try:
            self.open = [_opened(str(workspace), None, descriptors)]
        except OSError as error:
            raise ToolError(f"the workspace {workspace} cannot be opened: {_why(error)}") from error
        self.parts: list[str] = []

    def go(self) -> Place:
        while self.todo:
            name = self.todo.pop()
            if name == "..":
                self._up()
                continue
            try:
                mode = os.stat(name, dir_fd=self.open[-1], follow_symlinks=False).st_mode
            except FileNotFoundError:
                if not self.todo or not self.making:
                    return self._missing(name)
                self._check_new(name)
                os.mkdir(name, dir_fd=self.open[-1])
                mode = stat.S_IFDIR
            if stat.S_ISLNK(mode):
                self._expand(name)
            elif stat.S_ISDIR(mode):
                self.open.append(_opened(name, self.open[-1], self.descriptors))
                self.parts.append(name)
            elif self.todo:
                raise ToolError(f"{self.said}: {shown(name)} is not a folder")
            else:
                return self._place(name, exists=True)
        return self._place("", exists=True)

    def _up(self) -> None:
        if not self.parts:
            raise _outside(self.said)
        self.open.pop()
        self.parts.pop()

    def _expand(self, name: str) -> None:
        self.links += 1
        if self.links > _MOST_LINKS:
            raise ToolError(f"{self.said}: its links lead in a circle")
        target = os.readlink(name, dir_fd=self.open[-1])
        names = _split(self.workspace, target, said=f"{self.said} is a link")
        if target.startswith("/"):
            del self.open[1:], self.parts[:]
        if self.writing:
            _refuse_protected(names)
        self.todo.extend(reversed(names))

    def _missing(self, name: str) -> Place:
        if self.links:
            raise ToolError(f"{self.said} is a link to {shown(name)}, which does not exist")
        if not self.writing:
            raise ToolError(f"{self.said} does not exist; list_files shows what does")
        while self.todo:
            self._check_new(name)
            self.parts.append(name)
            name = self.todo.pop()
        self._check_new(name)
        return self._place(name, exists=False)

    def _check_new(self, name: str) -> None:
        if name == "..":
            raise ToolError(f"{self.said} goes back out of a folder that does not exist")
        if any(unicodedata.category(one) in ("Cc", "Cf", "Cs") for one in name):
            raise ToolError(f"{self.said}: a new name must not hold control characters")
        if len(os.fsencode(name)) > _LONGEST_NAME:
            raise ToolError(f"{self.said}: the name is too long (at most {_LONGEST_NAME} bytes)")

    def _place(self, name: str, exists: bool) -> Place:
        parts = (*self.parts, name) if name else tuple(self.parts)
        return Place(self.workspace, self.open[-1], parts, name, exists)


def _opened(name: str, folder: int | None, descriptors: ExitStack) -> int:
    descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=folder)
    descriptors.callback(os.close, descriptor)
    return descriptor


def _split(workspace: Path, text: str, said: str = "") -> list[str]:
    """The names of a path, relative to the workspace; ``..`` is kept for the walk."""
    said = said or shown(text)[:200]
    if "\0" in text:
        raise ToolError(f"{said}: a path must not hold a NUL character")
    if text.startswith("~"):
        raise ToolError(f"{said}: paths start at the workspace, `~` is not expanded")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise ToolError("the path holds characters that no file name can have") from error
    if text.startswith("/"):
        text = _below(workspace, text, said)
    return [name for name in text.split("/") if name not in ("", ".")]


def _below(workspace: Path, text: str, said: str) -> str:
    """An absolute path relative to the workspace, which may be reached under another name."""
    path = Path(text)
    for ancestor in (*reversed(path.parents), path):
        if ancestor == workspace or (ancestor.is_dir() and ancestor.samefile(workspace)):
            return str(path.relative_to(ancestor))
    raise _outside(said)


def _refuse_protected(names: list[str] | tuple[str, ...]) -> None:
    for name in names:
        if is_protected(name):
            raise ToolError(
                f"{shown('/'.join(names))[:200]} is protected: nothing in {shown(name)} is written"
            )


def _outside(said: str) -> ToolError:
    return ToolError(f"{said} leads outside the workspace; only files in it can be used")


def _why(error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long"
    return (error.strerror or str(error)).lower()


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a link" if stat.S_ISLNK(mode) else "a device"
