"""The providers of ``web_search``.

Invariant: a key goes only to its provider's own host, over a client that follows no redirect, and is in no
message. Where domains are listed, a provider is one of them, or the server that the person named as
``search_url``. Covered: a SearXNG-compatible server, Brave, Tavily.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.egress.addresses import permits
from tools.builtin.paths import shown
from tools.calls import ToolError
from tools.settings import ToolSettings

_MOST_HITS = 8
_SECONDS = 15.0
_BRAVE = "https://api.search.brave.com/res/v1/web/search"
_TAVILY = "https://api.tavily.com/search"


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    excerpt: str


async def search_web(settings: ToolSettings, query: str, network: Sequence[str] = ()) -> list[Hit]:
    """The first hits of the provider that is set, of a domain in ``network`` unless that is empty.

    Raises ToolError where none is set, where it fails, or where it is no such domain.
    """
    if settings.search_url:
        base = settings.search_url.rstrip("/")
        base = base if base.endswith("/search") else f"{base}/search"
        answer = await _asked("GET", base, "search_url", params={"q": query, "format": "json"})
        return _hits(answer.get("results"), "content")
    if settings.search_provider == "brave":
        _check_listed(_BRAVE, network)
        headers = {"X-Subscription-Token": _key("BRAVE_API_KEY")}
        answer = await _asked("GET", _BRAVE, "brave", params={"q": query}, headers=headers)
        web = answer.get("web")
        return _hits(web.get("results") if isinstance(web, dict) else None, "description")
    if settings.search_provider == "tavily":
        _check_listed(_TAVILY, network)
        headers = {"Authorization": f"Bearer {_key('TAVILY_API_KEY')}"}
        answer = await _asked("POST", _TAVILY, "tavily", body={"query": query}, headers=headers)
        return _hits(answer.get("results"), "content")
    raise ToolError(
        "no web search is set up: set `search_url` under [tools] to a SearXNG-compatible server, "
        "or `search_provider` to brave or tavily"
    )


def _check_listed(url: str, network: Sequence[str]) -> None:
    host = urlsplit(url).hostname or ""
    if network and not permits(network, host):
        raise ToolError(f"{host} is not in the list [sandbox] network; add it there to search the web")


async def _asked(
    method: str,
    url: str,
    provider: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    import httpx

    try:
        async with httpx.AsyncClient(follow_redirects=False, timeout=_SECONDS) as client:
            response = await client.request(method, url, params=params, json=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ToolError(
            f"web_search ({provider}) cannot be reached: {error or type(error).__name__}"
        ) from error
    if response.has_redirect_location:
        target = _line(response.headers["location"])[:200]
        raise ToolError(
            f"web_search ({provider}) redirects to {shown(target)}, which is not followed; "
            "a server that was moved is set as search_url"
        )
    if response.status_code != 200:
        raise ToolError(
            f"web_search ({provider}) answered with status {response.status_code}{_hint(response)}"
        )
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise ToolError(f"web_search ({provider}) did not answer with JSON{_hint(response)}") from error
    if not isinstance(answer, dict):
        raise ToolError(f"web_search ({provider}) answered with JSON of another shape")
    return answer


def _hint(response: Any) -> str:
    if response.status_code in (401, 403) and "x-subscription-token" in response.request.headers:
        return "; check BRAVE_API_KEY"
    if response.status_code in (401, 403) and "authorization" in response.request.headers:
        return "; check TAVILY_API_KEY"
    if response.status_code == 403 or "html" in response.headers.get("content-type", ""):
        return "; a SearXNG server needs `json` among its `search.formats`"
    return ""


def _hits(results: Any, excerpt: str) -> list[Hit]:
    rows = [row for row in results if isinstance(row, dict)] if isinstance(results, list) else []
    return [
        Hit(_line(row.get("title")), _line(row.get("url")), _line(row.get(excerpt)))
        for row in rows[:_MOST_HITS]
    ]


def _line(value: Any) -> str:
    return " ".join(str(value or "").split())[:500]


def _key(name: str) -> str:
    key = os.environ.get(name, "").strip()
    if not key:
        raise ToolError(f"web_search needs a key: set the environment variable {name}")
    return key
