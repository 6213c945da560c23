"""What every back end puts around a command: its environment, its limits, and what cannot be started.

Invariant: the environment inside is built up from nothing; no variable of this process reaches it. Programs
that are started here around a command never come from the workspace. Git works, without the repository's
hooks, monitors, signatures and editors, which name programs. Covered by the limits here: data segment, CPU
time, size of one file, open files, core dumps of each process. Not covered here: what all processes use
together, which each back end bounds in its own way.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.base import Completed, Limits, Mount

DEFAULT_LIMITS = Limits()

PROGRAM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
_CANNOT_START = 126
_FIRST_PYTHON = (
    'while [ "$1" != -- ]; do '
    'if [ -z "$found" ] && [ -x "$1/python3" ]; then found=$1/python3; fi; shift; done; shift; '
    'if [ -n "$found" ]; then exec "$found" "$@"; fi; '
    "echo 'there is no python3 in the sandbox' >&2; exit 127"
)
PRLIMIT, SETSID, TIMEOUT = "/usr/bin/prlimit", "/usr/bin/setsid", "/usr/bin/timeout"
"""By their paths: inside, the first folder of the ``PATH`` is the workspace's own."""
_GIT = {
    "safe.directory": "*",
    "safe.bareRepository": "explicit",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "init.templateDir": "",
    "submodule.recurse": "false",
}
"""Settings of git that a repository's own cannot override."""
_FIXED = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_CONFIG_COUNT": str(len(_GIT)),
    **{f"GIT_CONFIG_KEY_{number}": name for number, name in enumerate(_GIT)},
    **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(_GIT.values())},
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
INSIDE_SOCKET = "/run/apprentice-egress"
"""Where a call finds the socket of the mount's proxy."""
INSIDE_PORT = 3128
"""The port of its own loopback that leads there, for programs that know no sockets."""
_PROXY = f"http://127.0.0.1:{INSIDE_PORT}"
_PROXIED = {
    **{name: _PROXY for word in ("http_proxy", "https_proxy", "all_proxy") for name in (word, word.upper())},
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1"),
}
_SET_BY_PROGRAMS = ("PWD", "OLDPWD", "SHLVL", "HOSTNAME", "LC_CTYPE", "_")

ALLOWED_NAMES = frozenset({"PATH", *_FIXED, *_PROXIED, *_SET_BY_PROGRAMS})
"""Names that may be set inside without the mount asking for them."""


def environment(mount: Mount, more_folders: Sequence[str] = ()) -> dict[str, str]:
    """The whole environment of a call: a working set of harmless values, then what the mount asks for."""
    venv = mount.root / ".venv" / "bin"
    folders = [str(venv)] if mount.writable and venv.is_dir() else []
    return {
        "PATH": os.pathsep.join([*folders, *PROGRAM_FOLDERS, *more_folders]),
        **_FIXED,
        **(_PROXIED if mount.egress else {}),
        **mount.environment,
    }


def python_inside(source: str, *arguments: str) -> list[str]:
    """The system's own Python inside, running ``source``; nothing in the workspace stands in for its modules.

    Where there is none, it is the one that runs this, which the sandbox shows read-only.
    """
    folders = [*PROGRAM_FOLDERS[:3], *([str(shown / "bin")] if (shown := interpreter_folder()) else [])]
    return ["/bin/sh", "-c", _FIRST_PYTHON, "sh", *folders, "--", "-I", "-c", source, *arguments]


def interpreter_folder() -> Path | None:
    """Where this Python is installed, if outside /usr and fit to be shown: a ``.venv`` points there."""
    prefix = Path(sys.base_prefix).resolve()
    home = Path.home().resolve()
    if prefix.is_relative_to("/usr") or home.is_relative_to(prefix):
        return None
    return prefix if os.access(prefix, os.R_OK | os.X_OK) else None


def limited(argv: Sequence[str], limits: Limits, *, processes: bool) -> list[str]:
    """``argv`` under the limits of each process.

    ``processes`` sets a limit per user, right only where the user is counted in a namespace of its own.
    """
    prefix = [
        PRLIMIT,
        f"--data={limits.memory_bytes}",
        f"--cpu={limits.cpu_s}:{limits.cpu_s + 1}",
        f"--fsize={limits.file_bytes}",
        "--nofile=4096",
        "--core=0",
    ]
    if processes:
        prefix.append(f"--nproc={limits.processes}")
    return [*prefix, "--", *argv]


def unstartable(argv: Sequence[str]) -> Completed | None:
    """The end of a command that no kernel would start, or None. Raises ValueError where ``argv`` is empty."""
    if not argv:
        raise ValueError("argv: empty; name the program to run")
    problem = ""
    for argument in argv:
        if "\0" in argument:
            problem = "an argument holds a NUL character"
        elif any("\ud800" <= character <= "\udfff" for character in argument):
            problem = "an argument is not valid UTF-8"
        elif len(argument.encode()) >= 128 << 10:
            problem = "an argument is longer than 128 KiB; pass it on stdin or in a file"
    if sum(len(argument.encode(errors="replace")) + 9 for argument in argv) > 1 << 20:
        problem = "the arguments are longer than 1 MiB; pass them on stdin or in a file"
    if not problem:
        return None
    return Completed(exit_code=_CANNOT_START, output=f"cannot start: {problem}\n", duration_ms=0.0)
