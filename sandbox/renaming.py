"""Renames within one folder that overwrite nothing unseen.

Invariant: what is replaced or removed is looked at after it has left its place, and put back where it is not
what was expected, so that nothing fits between the look and the step; ``move_new`` never replaces anything.
Not covered: file systems that cannot exchange two names (the look is then the step before), and a program
that goes on writing into a file which it opened before.
"""

import contextlib
import errno
import os
from collections.abc import Callable
from functools import cache
from typing import Any

_NOREPLACE, _EXCHANGE = 1, 2
_UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
Name = str | bytes
Expected = Callable[[Name], bool]
"""Whether what lies at a name of the folder is what may be replaced or removed."""


class Displaced(OSError):
    """Something else than expected left its place, and could not be put back: it lies beside it."""


def replace_expected(new: Name, name: Name, folder: int, expected: Expected) -> bool:
    """Let ``new`` take the place of ``name``; False, and nothing has changed, where that is not as expected.

    ``new`` is gone afterwards. Raises OSError, which is Displaced in the one case in which it is not.
    """
    ours = os.stat(new, dir_fd=folder, follow_symlinks=False)
    done = False
    try:
        if _renameat2(new, name, folder, _EXCHANGE):
            try:
                done = expected(new)
            finally:
                if not done:
                    _put_back(new, name, folder, ours)
        elif expected(name):
            os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
            done = True
    except FileNotFoundError:
        done = False
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)
    return done


def remove_expected(name: Name, aside: Name, folder: int, expected: Expected) -> bool:
    """Remove ``name``; False, and nothing has changed, where that is not as expected.

    ``aside`` is a name that is free. Raises OSError.
    """
    try:
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        return False
    done = False
    try:
        done = expected(aside)
    finally:
        if not done:
            _put_back(aside, name, folder, None)
    if done:
        os.unlink(aside, dir_fd=folder)
    return done


def _put_back(aside: Name, name: Name, folder: int, ours: os.stat_result | None) -> None:
    """What lies at ``aside`` goes back to ``name``, where ``ours`` is now, if anything. Raises Displaced."""
    try:
        if ours is None or not _renameat2(aside, name, folder, _EXCHANGE):
            move_new(aside, name, folder)
        elif not os.path.samestat(ours, os.stat(aside, dir_fd=folder, follow_symlinks=False)):
            raise FileExistsError(errno.EEXIST, "was replaced twice")
    except FileNotFoundError:  # what took its place is gone already
        move_new(aside, name, folder)
    except OSError as error:
        where = os.fsdecode(aside)
        raise Displaced(error.errno, f"changed meanwhile; what it held is in {where} beside it") from error


def move_new(source: Name, target: Name, folder: int) -> None:
    """Rename to a name that is free. Raises OSError, which is FileExistsError where it is taken."""
    if _renameat2(source, target, folder, _NOREPLACE):
        return
    try:
        os.link(source, target, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise
        if _is_there(target, folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(source, target, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        os.unlink(source, dir_fd=folder)


def _is_there(name: Name, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _renameat2(source: Name, target: Name, folder: int, flag: int) -> bool:
    """False where the file system, or the C library, cannot. Raises OSError."""
    import ctypes

    call = _system_call()
    if call is None:
        return False
    if call(folder, os.fsencode(source), folder, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number))


@cache
def _system_call() -> Any:
    """``renameat2`` of the C library, or None where it has none."""
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is not None:
        call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return call
