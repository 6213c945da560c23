"""The models that OpenAI-compatible servers on this machine offer now.

Invariant: only loopback addresses are asked, by ``GET .../models`` without a key, all at once and for a short
time; a server that is not there, or is something else, is passed over.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from training.models.settings import LOOPBACK

if TYPE_CHECKING:
    import httpx

PATIENCE_S = 0.75
LARGEST_REPLY = 1 << 20
MOST_MODELS = 200
OLLAMA = "OLLAMA_HOST"
OLLAMA_PORT = 11434


@dataclass(frozen=True)
class Served:
    """A model of a server. ``address`` is what ``student.model`` takes."""

    endpoint: str
    name: str

    @property
    def address(self) -> str:
        return f"{self.endpoint}#{self.name}"


async def discover(endpoints: Sequence[str], patience_s: float = PATIENCE_S) -> list[Served]:
    """Every model that answers within ``patience_s``, in the order of ``endpoints``."""
    wanted = [one for one in dict.fromkeys([*endpoints, *_ollama()]) if urlsplit(one).hostname in LOOPBACK]
    if not wanted:
        return []
    import httpx

    # Certificates take longer to read than most servers to answer.
    verify = any(one.startswith("https") for one in wanted)
    async with httpx.AsyncClient(
        timeout=patience_s, trust_env=False, follow_redirects=False, verify=verify
    ) as client:
        found = await asyncio.gather(*(_asked(client, one.rstrip("/"), patience_s) for one in wanted))
    return [model for models in found for model in models]


def _ollama() -> list[str]:
    """Where ``OLLAMA_HOST`` says that Ollama listens: ``host``, ``host:port`` or a URL."""
    given = os.environ.get(OLLAMA, "").strip()
    if not given:
        return []
    try:
        parts = urlsplit(given if "//" in given else f"//{given}")
        port = parts.port or OLLAMA_PORT
    except ValueError:
        return []
    host = "127.0.0.1" if parts.hostname in (None, "0.0.0.0") else parts.hostname
    return [f"{parts.scheme or 'http'}://{f'[{host}]' if ':' in str(host) else host}:{port}/v1"]


async def _asked(client: "httpx.AsyncClient", endpoint: str, patience_s: float) -> list[Served]:
    import httpx

    try:
        async with asyncio.timeout(patience_s), client.stream("GET", f"{endpoint}/models") as response:
            if response.status_code != httpx.codes.OK:
                return []
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_REPLY:
                    return []
        return [Served(endpoint, name) for name in _names(json.loads(body))]
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError, RecursionError):
        return []


def _names(reply: Any) -> list[str]:
    """The names in a list of models; only those that a person could type."""
    listed = reply.get("data") if isinstance(reply, dict) else None
    entries = listed if isinstance(listed, list) else []
    names = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    typed = [name for name in names if isinstance(name, str) and name.isprintable() and 0 < len(name) <= 200]
    return typed[:MOST_MODELS]
