"""Settings of the built-in tools: the ``[tools]`` table."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ToolSettings(BaseModel):
    """What the built-in tools may reach and how much they return."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    selection: Literal["auto", "all", "shortlist", "bundles"] = "auto"
    """What the student may choose from when a turn begins: ``all`` tools; a ``shortlist`` of those that the
    request is likely to need, with the same prompt; or one of a few fixed ``bundles``, each with a prompt of
    its own. ``auto`` takes what the student's prompt says."""
    search_url: str = ""
    """``web_search``: base URL of a SearXNG-compatible server, such as ``http://127.0.0.1:8080``."""
    search_provider: Literal["", "brave", "tavily"] = ""
    """``web_search``: a keyed API, ``brave`` or ``tavily``; the key is read from ``BRAVE_API_KEY`` or
    ``TAVILY_API_KEY``."""
    result_characters: int = Field(default=8000, ge=200, le=200_000)
    """Longest result that the student is shown; the rest is cut and said."""
    fetch_bytes: int = Field(default=2 << 20, ge=1024, le=64 << 20)
    """``fetch_url``: largest body that is read."""
    fetch_private_hosts: tuple[str, ...] = ()
    """``fetch_url``: host names that may lead to a private or loopback address; by default none."""
