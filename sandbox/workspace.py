"""Which folders may be a workspace for execution.

Invariant: a mount is refused before anything runs where it would hand the person's whole home, a system
folder or an engine's socket to the sandbox. Not covered: secrets that lie in the workspace itself.
"""

import os
import stat
from pathlib import Path

from sandbox.base import Mount, SandboxError
from sandbox.installation import is_part, kept_below

_NEVER = ("", "bin", "home", "lib", "lib64", "opt", "root", "sbin", "tmp", "usr", "var", "var/tmp")
_NEVER_BELOW = ("boot", "dev", "etc", "proc", "run", "sys")
_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock")


def check_mount(mount: Mount) -> None:
    """Raise SandboxError, with one line that names the fix, where ``mount`` may not be used."""
    for path in mount.protected:
        if not Path(path).parts or Path(path).is_absolute() or ".." in Path(path).parts:
            raise SandboxError(
                f"protected path {path!r}: must be relative to the workspace and stay inside it"
            )
    if problem := _problem(mount.root):
        raise SandboxError(f"workspace {mount.root}: {problem}")


def _problem(root: Path) -> str:
    if not root.is_absolute():
        return "not an absolute path; give the full path of the project folder"
    if not root.is_dir():
        return "no such folder; start in an existing project folder"
    if root.resolve() != root:
        return f"reached through a symbolic link; open {root.resolve()} instead"
    try:
        home = Path.home().resolve()
    except RuntimeError:
        return "your home folder is not known, so it cannot be protected; export HOME=/a/folder/you/own"
    if home.is_relative_to(root):
        return "holds your home folder; start in a project folder below it"
    if root in [Path("/", name) for name in _NEVER]:
        return "a system folder; start in a project folder"
    if any(root.is_relative_to(Path("/", name)) for name in _NEVER_BELOW):
        return "a system folder; start in a project folder"
    if is_part(root):
        return "a part of this program's own installation; start in a project folder"
    if kept := kept_below(root):
        return f"holds this program's own settings or data, {kept[0]}; start in another folder, or move them"
    for socket in (*_engine_sockets(), root / "docker.sock"):
        if socket.is_relative_to(root) and _is_socket(socket):
            return f"holds the engine's socket {socket}; start in a folder without it"
    return ""


def _engine_sockets() -> list[Path]:
    sockets = [*_SOCKETS, f"/run/user/{os.getuid()}/docker.sock"]
    host = os.environ.get("DOCKER_HOST", "")
    if host.startswith("unix://"):
        sockets.append(host.removeprefix("unix://"))
    return [path for name in sockets for path in (Path(name), Path(name).resolve())]


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False
