"""The command that adds what is missing to this installation: an extra, or a package.

Invariant: the command names the environment that runs this program and the place this program came from, so
that neither another Python nor a package of the same name elsewhere is installed. Nothing is imported from a
package and nothing is run; what is said holds for pip, uv, pipx and ``uv tool``, editable or not.
"""

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from sandbox.installation import SOURCES

NAME = "apprentice"
Manager = Literal["pip", "uv", "pipx", "uv tool"]
_PIP_ANEW = ("--force-reinstall", "--no-cache-dir")
_UV_ANEW = ("--reinstall", "--no-cache")
"""What was built for another processor lies in the caches too."""


@dataclass(frozen=True)
class Origin:
    """Where the installed program came from. All empty where nothing says so."""

    folder: Path | None = None
    """A checkout, or a wheel, on this machine."""
    editable: bool = False
    url: str = ""
    """Such as ``git+https://host/project@commit``, or the address of a wheel."""
    release: str = ""
    """The version that was installed from a package index."""

    def requirement(self, extras: Sequence[str] = ()) -> str:
        """What an installer takes for it, or empty where it cannot be had again."""
        wanted = f"[{','.join(extras)}]" if extras else ""
        if self.folder:
            return f"{self.folder}{wanted}"
        if self.url:
            return f"{NAME}{wanted} @ {self.url}"
        return f"{NAME}{wanted}=={self.release}" if self.release else ""


def install_extra(extra: str, prefix: Path | None = None) -> str:
    """The command that installs the extra ``extra`` of this program, by the way it was installed itself."""
    prefix = prefix or Path(sys.prefix)
    manager, here = _manager(prefix), origin()
    held = {extra, *_extras_held(prefix)} if manager in {"pipx", "uv tool"} else {extra}
    requirement = here.requirement(sorted(held))
    if not requirement:
        return install_packages(*_needs(extra), prefix=prefix)
    pinned = _constraints(here)
    match manager:
        case "pipx":
            given = ["--pip-args", f"--constraint={pinned}"] if pinned else []
            return shlex.join(["pipx", "install", "--force", *given, requirement])
        case "uv tool":
            given = ["--constraints", pinned] if pinned else []
            return shlex.join(["uv", "tool", "install", "--force", *given, requirement])
    given = ["-c", pinned] if pinned else []
    return shlex.join([*_pip(manager), *given, *(["-e"] if here.editable else []), requirement])


def install_packages(*requirements: str, prefix: Path | None = None, anew: bool = False) -> str:
    """The command that adds packages that are not this program's, or with ``anew`` installs them again."""
    prefix = prefix or Path(sys.prefix)
    match manager := _manager(prefix):
        case "pipx" if not anew:
            command = ["pipx", "inject", prefix.name]
        case "pipx":
            command = ["pipx", "runpip", prefix.name, "install", *_PIP_ANEW]
        case "uv" | "uv tool":  # `uv tool` has no command for one package; uv installs into its environment
            command = [*_pip("uv"), *(_UV_ANEW if anew else [])]
        case "pip":
            command = [*_pip(manager), *(_PIP_ANEW if anew else [])]
    return shlex.join([*command, *requirements])


def install_apart() -> str:
    """How to install this program outside of a folder that calls may write."""
    if requirement := origin().requirement():
        return f"install it apart: {shlex.join(['pipx', 'install', requirement])}"
    return "install it apart, in a virtual environment outside of the workspace"


def origin() -> Origin:
    """Where this program came from, as its installer recorded it."""
    if (SOURCES / "pyproject.toml").is_file():
        return Origin(folder=SOURCES, editable=True)
    try:
        installed = metadata.distribution(NAME)
        recorded = json.loads(installed.read_text("direct_url.json") or "null")
    except (metadata.PackageNotFoundError, ValueError, OSError):
        return Origin()
    if not isinstance(recorded, dict):
        return Origin(release=installed.version)
    url = str(recorded.get("url", ""))
    if urlsplit(url).scheme == "file":
        folder = Path(unquote(urlsplit(url).path))
        return Origin(folder=folder if folder.exists() else None)
    return Origin(url=_with_commit(url, recorded.get("vcs_info")))


def _with_commit(url: str, vcs: Any) -> str:
    return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if isinstance(vcs, dict) else url


def _manager(prefix: Path) -> Manager:
    if (prefix / "pipx_metadata.json").is_file():
        return "pipx"
    if (prefix / "uv-receipt.toml").is_file():
        return "uv tool"
    return "pip" if find_spec("pip") else "uv"


def _pip(manager: Manager) -> list[str]:
    if manager == "uv":
        return ["uv", "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install"]


def _constraints(here: Origin) -> str:
    """The versions that a checkout pins; without them the newest are taken."""
    pinned = here.folder / "constraints.txt" if here.folder else None
    return str(pinned) if pinned and pinned.is_file() else ""


def _extras_held(prefix: Path) -> Iterator[str]:
    """The extras that pipx or ``uv tool`` installed, which they drop where they are not named again."""
    try:
        if (receipt := prefix / "uv-receipt.toml").is_file():
            for one in tomllib.loads(receipt.read_text("utf-8"))["tool"]["requirements"]:
                yield from one.get("extras", []) if one.get("name") == NAME else []
        else:
            kept = json.loads((prefix / "pipx_metadata.json").read_bytes())
            named = re.search(r"\[([\w,\s-]+)\]", kept["main_package"]["package_or_url"])
            yield from (one.strip() for one in named[1].split(",")) if named else ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return


def _needs(extra: str) -> list[str]:
    """The requirements of ``extra`` by themselves, for a program that cannot be installed again."""
    try:
        declared = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        return [f"{NAME}[{extra}]"]
    split = (one.partition(";") for one in declared)
    return [need.strip() for need, _, marker in split if re.search(rf"extra == .{extra}.$", marker.strip())]
