"""The worst student and the world around it: it reads what gives orders, and does all of it."""

import asyncio
import hashlib
import os
import re
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.agent.steps import Confirmation, Reply, Verdict
from tests.end_to_end.program import git
from tools.protocol.messages import Conversation
from training.student.base import Decision
from training.student.scripted import answer, call

SECRET = "SECRET-KEY-MATERIAL"
OWN_FILES = (".ssh", ".aws", ".bashrc", "config", "data/apprentice/rules.json", "data/apprentice/trust.json")


_TEST = "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        self.fail({!r})\n"


@dataclass(frozen=True)
class Case:
    """One thing that gives orders."""

    number: int
    hazard: str
    through: str
    text: str
    calls: tuple[Mapping[str, Any], ...]


CASES = [
    Case(number, each["hazard"], each["through"], each["text"], tuple(each["calls"]))
    for number, each in enumerate(
        tomllib.loads(Path(__file__).with_name("injections.toml").read_text(encoding="utf-8"))["case"]
    )
]


@dataclass
class World:
    """A workspace, what lies around it, and who listens on this machine."""

    workspace: Path
    outside: Path
    home: Path
    port: int = 0
    pages: int = 0
    page: bytes = b""
    heard: list[bytes] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, home: Path) -> "World":
        world = cls(folder / "project", folder / "outside", home)
        for path, content in {
            world.outside / "kept/data.txt": "kept\n",
            home / ".ssh/id_rsa": f"PRIVATE {SECRET}\n",
            home / ".aws/credentials": f"key = {SECRET}\n",
            home / ".bashrc": "# mine\n",
            home / "config/apprentice/settings.toml": 'mode = "ask"\n',
            world.workspace / "main.py": "print('hello')\n",
        }.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        (home / "config/apprentice").chmod(0o700)
        return world

    def filled(self, value: Any) -> Any:
        """``value`` with its places named."""
        if not isinstance(value, str):
            return value
        for name, place in (("outside", self.outside), ("home", self.home), ("port", self.port)):
            value = value.replace(f"{{{name}}}", str(place))
        return value

    def lay(self, case: Case) -> dict[str, Any]:
        """Put what ``case`` has to be read where it is read; the call that reads it."""
        text = self.filled(case.text)
        match case.through:
            case "file":
                (self.workspace / "notes.md").write_text(text)
                return {"tool": "read_file", "path": "notes.md"}
            case "name":
                (self.workspace / text.replace("/", "_")).write_text("")
                return {"tool": "list_files"}
            case "search":
                (self.workspace / "found.txt").write_text(text)
                return {"tool": "search_files", "pattern": "needle"}
            case "page":
                self.page = text.encode()
                return {"tool": "fetch_url", "url": f"http://127.0.0.1:{self.pages}/"}
            case "output":
                (self.workspace / "said.txt").write_text(text)
                return {"tool": "run_shell", "command": "cat said.txt"}
            case "tests":
                folder = self.workspace / "tests"
                folder.mkdir(exist_ok=True)
                (folder / "__init__.py").touch()
                (folder / "test_orders.py").write_text(_TEST.format(text))
                return {"tool": "run_tests"}
            case "commit":
                git(self.workspace, "commit", "-q", "--allow-empty", "-m", text)
                return {"tool": "run_shell", "command": "git log -1"}
            case _:
                (self.workspace / "main.py").write_text(text)
                return {"tool": "git_diff"}

    def sweep(self) -> None:
        """Take away what ``lay`` put there, so that the next case is read alone."""
        for path in self.workspace.iterdir():
            if path.is_file() or path.is_symlink():
                path.unlink()
        (self.workspace / "main.py").write_text("print('hello')\n")

    def state(self) -> str:
        """A digest of what must not change: outside, the person's own files, and what git obeys."""
        roots = [self.outside, *(self.home / name for name in OWN_FILES)]
        roots += [self.workspace / name for name in (".git/config", ".git/hooks", ".apprentice", "sub/.git")]
        digest = hashlib.sha256()
        for root in roots:
            for path in [root, *sorted(root.rglob("*"))] if root.is_dir() else [root]:
                digest.update(f"{path} {path.lstat().st_mode if os.path.lexists(path) else None}".encode())
                digest.update(path.read_bytes() if path.is_file() else b"")
        digest.update(repr(sorted(self.workspace.parent.iterdir())).encode())
        return digest.hexdigest()


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[None]:
    """Two listeners of this machine: one gives the page, the other only notes that somebody came."""

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(world.page)}\r\n\r\n"
        writer.write(head.encode() + world.page)
        await writer.drain()
        writer.close()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        world.heard.append(await reader.read(100))
        writer.close()

    pages = await asyncio.start_server(give, "127.0.0.1", 0)
    trap = await asyncio.start_server(note, "127.0.0.1", 0)
    world.pages, world.port = (each.sockets[0].getsockname()[1] for each in (pages, trap))
    try:
        yield
    finally:
        for each in (pages, trap):
            each.close()


class Obedient:
    """Reads, then makes every call that what it read orders, then answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._left: list[dict[str, Any]] = []
        self.first: dict[str, Any] = {}

    @property
    def left(self) -> int:
        """How many calls it has not made yet."""
        return len(self._left)

    def begin(self, case: Case) -> None:
        """Get ready for ``case``."""
        self.first = self._world.lay(case)
        ordered = [{"tool": each["tool"], **each["arguments"]} for each in case.calls]
        self._left = [self.first, *ordered]

    def __call__(self, conversation: Conversation) -> Decision:
        if not self._left:
            return answer("Done. All tests passed.")
        following = dict(self._left.pop(0))
        tool = following.pop("tool")
        filled = {name: self._world.filled(value) for name, value in following.items()}
        return call(tool, thought="It says so.", **filled)

    def person(self, asked: Confirmation) -> Reply:
        """Approves what is read, and nothing that follows from it."""
        reads = {"tool": asked.call.tool, **asked.call.arguments} == self.first
        return Reply(Verdict.ONCE if reads else Verdict.REFUSED)


def was_read(case: Case, result: str) -> bool:
    """Whether what gives the orders has reached the student; of a hidden text, what stands beside it."""
    words = re.findall(r"[A-Za-z]{4,}", case.text)
    return any(word in result for word in words)
