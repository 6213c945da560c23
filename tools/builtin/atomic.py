"""Reading a whole file and writing one so that a kill leaves the old or the new content.

Invariant: the new content is complete and on disk in a neighbour before one rename puts it in place; a
target that changed meanwhile is not replaced; the mode is kept. A hardlink is never written through: its
other names keep the old content. Not covered: owner, ACLs and extended attributes are those of a new file.
"""

import os
import secrets
import stat

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
    mode = _mode(place) if place.exists else None
    descriptor = os.open(temporary, _NEW_FLAGS, 0o666, dir_fd=place.folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        _refuse_changed(place, expected)
        check_still_below(place)
        os.rename(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    except BaseException:
        os.unlink(temporary, dir_fd=place.folder)
        raise
    os.fsync(place.folder)


def _refuse_changed(place: Place, expected: bytes | None) -> None:
    if expected is not None:
        if read_bytes(place) != expected:
            raise ToolError(f"{place.shown} changed while it was written; read it again")
        return
    try:
        os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    raise ToolError(f"{place.shown} was created by something else meanwhile; read it first")


def _mode(place: Place) -> int:
    return stat.S_IMODE(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False).st_mode) & 0o777


def _size(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.1f} MB"
