"""Teachers under test: the real SDKs against servers on loopback, with a key that nobody may see."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.teachers.servers import anthropic_server, openai_server
from tests.training.teachers.servers.anthropic_server import AnthropicServer
from tests.training.teachers.servers.openai_server import OpenAIServer
from tools.protocol.messages import Message, Signature
from training.teachers.api import ApiProvider
from training.teachers.base import ProviderConfig, TeacherRequest
from training.teachers.create import create_provider
from training.teachers.prices import Price, PriceList

CANARY = "sk-canary-5c1d2f"
READ = Signature(
    "read_file",
    "Read a file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}},
    "required": ["score"],
    "additionalProperties": False,
}
PRICES = PriceList(
    {
        (provider, "teacher-1"): Price(
            provider=provider, name="teacher-1", input=10, cached=1, written=12, output=40, batch=0.5
        )
        for provider in ("openai", "anthropic")
    }
)

Server = OpenAIServer | AnthropicServer


def ask(id: str = "one", **given: Any) -> TeacherRequest:
    """A request whose last turn is its id, so that the servers know what they bill."""
    return TeacherRequest(**{"id": id, "messages": (Message("user", text=id),), "max_tokens": 100, **given})


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of the test's own, and none of whoever runs it."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "OPENAI_ORG_ID"):
        monkeypatch.delenv(name, raising=False)
    return CANARY


class Bench:
    """One protocol: its server, a provider to it, and what its replies look like."""

    def __init__(self, name: str, stack: AsyncExitStack) -> None:
        self.name = name
        self._stack = stack

    async def server(self, *faults: Any, **given: Any) -> Any:
        made: Server
        made = OpenAIServer(*faults, **given) if self.name == "openai" else AnthropicServer(*faults, **given)
        return await self._stack.enter_async_context(made)

    def config(self, server: Server, **given: Any) -> ProviderConfig:
        patient = {"attempts": 3, "backoff_s": 0.002, "longest_wait_s": 1.0, "timeout_s": 60.0}
        return ProviderConfig(self.name, "teacher-1", server.url, **{**patient, **given})  # type: ignore[arg-type]

    def provider(
        self, server: Server, said: Callable[[str], None] = lambda line: None, **given: Any
    ) -> ApiProvider:
        made = create_provider(self.config(server, **given), said=said)
        assert isinstance(made, ApiProvider)
        self._stack.push_async_callback(made.close)
        return made

    def says(self, text: str, **given: Any) -> Any:
        """A whole reply with a text."""
        if self.name == "openai":
            return openai_server.completion(text, **given)
        return anthropic_server.message(anthropic_server.text(text), **given)

    def calls(self, *made: tuple[str, object], cut: bool = False) -> Any:
        """A whole reply with calls."""
        if self.name == "openai":
            return openai_server.completion(None, calls=made, finish="length" if cut else "")
        blocks = [anthropic_server.use(name, given, f"toolu_{n}") for n, (name, given) in enumerate(made)]
        return anthropic_server.message(*blocks, stop="max_tokens" if cut else "tool_use")

    def refuses(self) -> Any:
        """A whole reply that refuses."""
        if self.name == "openai":
            return openai_server.completion(None, refusal="I cannot help with that.")
        return anthropic_server.message(stop="refusal")


@pytest.fixture(params=["openai", "anthropic"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Each protocol in turn."""
    async with AsyncExitStack() as stack:
        yield Bench(request.param, stack)


@pytest.fixture
async def openai_bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench("openai", stack)


@pytest.fixture
async def anthropic_bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench("anthropic", stack)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run."""
    return tmp_path / "run"


__all__ = ["CANARY", "PRICES", "READ", "SCHEMA", "Bench", "ask", "replace"]
