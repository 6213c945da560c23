"""Files that are read whole, or to their end: only those that have one.

Invariant: nothing here waits for a pipe, reads a device, or takes more into memory than it was told to.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

LARGEST_DOCUMENT = 16 << 20


def open_regular(path: Path) -> BinaryIO:
    """Open ``path`` to read. Raises OSError where it is no regular file: a pipe, a device, a folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_document(path: Path) -> bytes:
    """All of ``path``. Raises OSError where it is no regular file, or larger than any document of ours."""
    with open_regular(path) as file:
        is_large = os.fstat(file.fileno()).st_size > LARGEST_DOCUMENT
        content = b"" if is_large else file.read(LARGEST_DOCUMENT + 1)
    if is_large or len(content) > LARGEST_DOCUMENT:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
