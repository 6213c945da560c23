"""Reading a whole file and writing one so that a kill leaves the old or the new content.

Invariant: the new content is complete and on disk in a neighbour before one rename puts it in place; a
target that changed meanwhile is not replaced: what the rename displaced is looked at, and put back where it
is not what was expected. The mode is kept. A hardlink is never written through: its other names keep the old
content. Not covered: owner, ACLs and extended attributes are those of a new file.
"""

import contextlib
import os
import secrets
import stat
from dataclasses import replace

from sandbox.renaming import Displaced, move_new, replace_expected
from tools.builtin.paths import Place, check_still_below, open_file
from tools.calls import ToolError

_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LARGEST_READ = 8 << 20


def read_bytes(place: Place, largest: int = LARGEST_READ) -> bytes:
    """The content of a regular file. Raises ToolError above ``largest`` bytes."""
    descriptor = open_file(place)
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        content = b"" if size > largest else file.read(largest + 1)
    if size > largest or len(content) > largest:
        raise ToolError(f"{place.shown} is too large to read ({_size(size)}); take a part with run_shell")
    return content


def write_bytes(place: Place, content: bytes, expected: bytes | None) -> None:
    """Replace the file by ``content``. ``expected`` is what it holds now, None where it must not exist.

    Raises ToolError where the file is another one than expected, OSError where the disk refuses.
    """
    temporary = f".{secrets.token_hex(8)}.apprentice-new"
    mode = _mode(place) if expected is not None else None
    descriptor = os.open(temporary, _NEW_FLAGS, 0o666, dir_fd=place.folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        check_still_below(place)
        if expected is None:
            _put_new(place, temporary)
        else:
            _put_over(place, temporary, expected)
    except Displaced as error:
        raise ToolError(f"{place.shown} {error.strerror}") from error
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=place.folder)
        raise
    os.fsync(place.folder)


def _put_new(place: Place, temporary: str) -> None:
    try:
        move_new(temporary, place.name, place.folder)
    except FileExistsError as error:
        raise ToolError(f"{place.shown} was created by something else meanwhile; read it first") from error


def _put_over(place: Place, temporary: str, expected: bytes) -> None:
    """Let ``temporary`` take the place of the file, if that holds what is expected until the very end."""

    def holds(name: str | bytes) -> bool:
        try:
            return read_bytes(replace(place, name=os.fsdecode(name))) == expected
        except ToolError:  # a link, a folder, or nothing
            return False

    if not holds(place.name) or not replace_expected(temporary, place.name, place.folder, holds):
        raise ToolError(f"{place.shown} changed while it was written; read it again")


def _mode(place: Place) -> int:
    return stat.S_IMODE(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False).st_mode) & 0o777


def _size(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.1f} MB"
