"""The bubblewrap command line: what a call sees of the machine.

Invariant: the root is empty and read-only, and everything in it is listed here. Covered: other homes, other
processes, network, IPC, host sockets, devices, capabilities, further user namespaces, the terminal. Not
covered: unix sockets that lie in the workspace itself. A proxy's socket is there where the mount has one.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.base import Limits, Mount
from sandbox.launch import INSIDE_SOCKET, environment, interpreter_folder
from sandbox.protection import Bind

_TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types"),
    *("nsswitch.conf", "protocols", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone"),
)
_PROC_MASKED = frozenset({"acpi", "driver", "fs", "kallsyms", "keys", "scsi", "timer_list"})
_SHARED_MEMORY = 64 << 20
_WRITABLE = 0o222
USER = 1000


def own_id(real: int) -> int:
    """The id inside for ``real`` outside: the same, but never root."""
    return real or USER


def account_files(uid: int, gid: int) -> dict[str, bytes]:
    """The files of /etc that name one user and one host, made up."""
    return {
        "passwd": f"sandbox:x:{uid}:{gid}::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n".encode(),
        "group": f"sandbox:x:{gid}:\nnogroup:x:65534:\n".encode(),
        "hosts": b"127.0.0.1 localhost\n::1 localhost\n",
    }


def options(
    mount: Mount, binds: Iterable[Bind], limits: Limits, files: dict[str, int], uid: int, gid: int
) -> list[str]:
    """Options of bwrap for one call. ``files`` maps names in /etc to descriptors of their content."""
    interpreter = interpreter_folder()
    more = [str(interpreter / "bin")] if interpreter else []
    return [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        *("--cap-drop", "ALL", "--uid", str(uid), "--gid", str(gid), "--hostname", "sandbox"),
        *_system(),
        *_files(files),
        *("--proc", "/proc", *_masks(), "--dev", "/dev"),
        *("--size", str(min(_SHARED_MEMORY, limits.memory_bytes)), "--perms", "1777", "--tmpfs", "/dev/shm"),
        *("--size", str(limits.memory_bytes), "--perms", "1777", "--tmpfs", "/tmp"),
        *(("--ro-bind", str(interpreter), str(interpreter)) if interpreter else ()),
        *("--bind" if mount.writable else "--ro-bind", str(mount.root), str(mount.root)),
        *(("--ro-bind", str(mount.egress), INSIDE_SOCKET) if mount.egress else ()),
        *_own(binds),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(mount.root), "--clearenv"),
        *(part for name, value in environment(mount, more).items() for part in ("--setenv", name, value)),
    ]


def packed(arguments: Sequence[str]) -> bytes:
    """Arguments as ``--args`` reads them."""
    return b"".join(os.fsencode(argument) + b"\0" for argument in arguments)


def _system() -> list[str]:
    found = ["--ro-bind", "/usr", "/usr"]
    for name in _TOP:
        path = Path("/", name)
        if path.is_symlink():
            found += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            found += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        path = Path("/etc", name)
        if path.exists():
            found += ["--ro-bind", str(path), str(path)]
    return found


def _masks() -> list[str]:
    """Cover what root's own user could still read or write in /proc without any capability."""
    found = ["--ro-bind", "/proc/sys", "/proc/sys"]
    for path in sorted(Path("/proc").iterdir()):
        if path.name.isdigit() or path.is_symlink() or path.name == "sys":
            continue
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            if path.name in _PROC_MASKED:
                found += ["--tmpfs", str(path), "--remount-ro", str(path)]
        elif path.name in _PROC_MASKED or mode & _WRITABLE or not mode & stat.S_IROTH:
            found += ["--ro-bind", "/dev/null", str(path)]
    return found


def _files(files: dict[str, int]) -> list[str]:
    return [
        part for name, fd in files.items() for part in ("--perms", "0444", "--file", str(fd), f"/etc/{name}")
    ]


def _own(binds: Iterable[Bind]) -> list[str]:
    return [
        part
        for bind in binds
        for part in ("--bind" if bind.writable else "--ro-bind", str(bind.path), str(bind.path))
    ]
