"""The canary's half that runs inside: tries what must fail and prints what happened as JSON.

Invariant: needs nothing but an old Python; a try never raises. It is never imported, only sent in.
"""

import json
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any, Callable, List, Tuple  # noqa: UP035


def attempt(name: str, action: Callable[[], Any]) -> List[str]:  # noqa: UP006
    """Try ``action``: its name, ``done`` or ``failed``, and what it returned or raised."""
    try:
        said = action()
    except Exception as error:  # noqa: BLE001
        return [name, "failed", f"{type(error).__name__}: {error}"]
    return [name, "done", str(said)]


def connect(family: int, address: "Tuple[str, int] | str") -> None:  # noqa: UP006
    """Connect to ``address``, and no more."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        connection.connect(address)


def beyond_the_list(port: int) -> str:
    """What the proxy of the sandbox, where there is one, says to an address of the host's loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(("127.0.0.1", 3128))
        connection.sendall(("CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % port).encode())  # noqa: UP031
        said = connection.recv(200).decode(errors="replace").splitlines()[0]
    if " 200 " in said:
        return said
    raise PermissionError(said)


def touch_protected(path: Path) -> None:
    """Do what writing at ``path`` needs, and undo it."""
    if path.is_file():
        path.open("a").close()
        return
    path.mkdir(parents=True, exist_ok=True)
    (path / "canary").write_text("canary")
    (path / "canary").unlink()


def write_inside(path: Path, size: int) -> "Tuple[List[str], List[str]]":  # noqa: UP006
    """Write in the workspace, and more than a file may hold; without a name where there are such files."""
    try:
        opened = os.open(str(path.parent), os.O_TMPFILE | os.O_RDWR, 0o600)
        folder = path.parent.stat()
        said = "%d %d" % (folder.st_dev, folder.st_ino)  # noqa: UP031
    except OSError:
        said = "named"
        try:
            opened = os.open(str(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            failed = f"{type(error).__name__}: {error}"
            return ["inside", "failed", failed], ["file", "failed", failed]
    try:
        written = attempt("inside", lambda: os.write(opened, b"canary") and said)
        return written, attempt("file", lambda: os.ftruncate(opened, size))
    finally:
        os.close(opened)


def status() -> str:
    """Who this is, and what it may."""
    lines = Path("/proc/self/status").read_text().splitlines()
    capabilities = next(line.split()[1] for line in lines if line.startswith("CapEff:"))
    return f"uid {os.getuid()}, capabilities {capabilities}"


def main(plan: Any) -> None:
    """Try everything in ``plan``; one line of JSON on stdout."""
    results = [
        *write_inside(Path(plan["inside"]), plan["file"]),
        attempt("secret", lambda: Path(plan["secret"]).read_text()),
        attempt("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", plan["port"]))),
        attempt("abstract", lambda: connect(socket.AF_UNIX, "\0" + plan["abstract"])),
        attempt("proxy", lambda: beyond_the_list(plan["port"])),
        attempt("internet", lambda: connect(socket.AF_INET, ("1.1.1.1", 53))),
        attempt("environment", lambda: " ".join(sorted(os.environ))),
        attempt("status", status),
        attempt("memory", lambda: len(bytes(plan["memory"]))),
    ]
    for path in plan["outside"]:
        results.append(attempt(f"outside {path}", partial(Path(path).write_text, "canary")))
    for path in plan["protected"]:
        results.append(attempt(f"protected {path}", partial(touch_protected, Path(path))))
    sys.stdout.write(json.dumps(results) + "\n")


main(json.loads(sys.argv[1]))
