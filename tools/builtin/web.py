"""``web_search`` and ``fetch_url``.

Invariant: a fetch connects to the very address that was checked, and no address of this machine or of a
private network is ever one (unless the settings name the host); a redirect to another host is not followed
but said, so that it becomes a call of its own; no key leaves for another host. Covered: http and https, size
and time limits, compressed bodies. Not covered: proxies of the environment (they would hide the address),
pages that need JavaScript.
"""

import asyncio

from tools.base import ToolContext
from tools.builtin.fetching import Body, Redirect, fetch
from tools.builtin.page import page_text
from tools.builtin.providers import search_web
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool

_TEXTUAL = ("text/", "application/json", "application/xml", "application/xhtml", "application/javascript")


@tool(risk=Risk.NETWORK, timeout_s=30)
async def web_search(context: ToolContext, /, *, query: str) -> ToolResult:
    """Search the web.

    Args:
        query: what to look for
    """
    if not query.strip():
        raise ToolError("query is empty")
    hits = await search_web(context.settings, query, context.network)
    if not hits:
        return ToolResult(success=True, text="no results")
    text = "\n\n".join(f"{hit.title}\n{hit.url}\n{hit.excerpt}".rstrip() for hit in hits)
    return ToolResult(success=True, text=text)


@tool(risk=Risk.NETWORK, timeout_s=40)
async def fetch_url(context: ToolContext, /, *, url: str) -> ToolResult:
    """Fetch a web page as text.

    Args:
        url: address with http:// or https://
    """
    body = await fetch(url, context.settings, context.network)
    if isinstance(body, Redirect):
        text = f"{body.url} redirects to {body.target}; call fetch_url with it if you want to follow"
        return ToolResult(success=True, text=text)
    if body.kind and not body.kind.startswith(_TEXTUAL):
        raise ToolError(f"{body.url} is {body.kind}, not text")
    text = body.content.decode(body.charset, "replace")
    if "html" in body.kind:
        text = await asyncio.to_thread(page_text, text)
    text = _head(url, body) + (text or "(no text)")
    return ToolResult(success=body.status < 400, text=text, truncated=body.cut)


def _head(asked: str, body: Body) -> str:
    """What is not as it was asked for: another address, a bad status, no page, not all of it."""
    said = [
        *([f"from {body.url}"] if body.url.rstrip("/") != asked.rstrip("/") else []),
        *([f"status {body.status}"] if body.status != 200 else []),
        *([body.kind or "unknown type"] if body.kind not in ("text/html", "text/plain") else []),
        *(["only the beginning, it is larger than the limit"] if body.cut else []),
    ]
    return f"[{'; '.join(said)}]\n" if said else ""
