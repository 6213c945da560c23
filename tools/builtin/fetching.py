"""One HTTP GET that cannot reach this machine or a private network.

Invariant: the name is resolved once, every address it has is checked, and the connection goes to a checked
one; so a name that changes its address between check and use gains nothing. Each redirect starts over.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.egress.addresses import addresses, is_public, permits
from tools.calls import ToolError
from tools.settings import ToolSettings

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 5
_SECONDS = 15.0


@dataclass(frozen=True)
class Body:
    """What came back. ``kind`` is the media type in lower case, without parameters."""

    url: str
    status: int
    kind: str
    charset: str
    content: bytes
    cut: bool


async def fetch(url: str, settings: ToolSettings, network: Sequence[str] = ()) -> Body:
    """Get ``url``, of a domain in ``network`` unless that is empty. Raises ToolError with one line."""
    import httpx

    timeout = httpx.Timeout(_SECONDS)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout) as client:
        for _ in range(_MOST_REDIRECTS + 1):
            request = await _request(client, url, settings, network)
            try:
                response = await client.send(request, stream=True)
                try:
                    if not response.has_redirect_location:
                        return await _body(url, response, settings.fetch_bytes)
                    url = str(httpx.URL(url).join(response.headers["location"]))
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ToolError(f"{url} cannot be fetched: {error or type(error).__name__}") from error
    raise ToolError(f"{url}: more than {_MOST_REDIRECTS} redirects")


async def _request(
    client: "httpx.AsyncClient", url: str, settings: ToolSettings, network: Sequence[str]
) -> "httpx.Request":
    """A request to the checked address, with the name kept for the server and its certificate."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ToolError(f"{url[:200]!r} is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ToolError(f"{url[:200]!r}: only http:// and https:// addresses can be fetched")
    if parsed.userinfo:
        raise ToolError("a URL with a user name or password is not fetched")
    if network and not (permits(network, parsed.host) or parsed.host in settings.fetch_private_hosts):
        raise ToolError(f"{parsed.host} is not in the list [sandbox] network; not fetched")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    address = await _checked_address(parsed.host, port, settings)
    return client.build_request(
        "GET",
        parsed.copy_with(host=address),
        headers={
            "Host": parsed.netloc.decode("ascii"),
            "User-Agent": "apprentice",
            "Accept": "text/html,text/plain,*/*;q=0.5",
            "Accept-Encoding": "gzip, identity",
        },
        extensions={"sni_hostname": parsed.raw_host.decode("ascii")},
    )


async def _checked_address(host: str, port: int, settings: ToolSettings) -> str:
    try:
        found = await addresses(host, port)
    except (OSError, UnicodeError) as error:
        raise ToolError(f"{host}: the name cannot be resolved; is there a network?") from error
    if host not in settings.fetch_private_hosts:
        for address in found:
            if not is_public(address):
                raise ToolError(
                    f"{host} leads to {address}, which is not on the public internet; not fetched"
                )
    return found[0]


async def _body(url: str, response: "httpx.Response", most: int) -> Body:
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > most:
            break
    cut = len(raw) > most
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    content = bytes(raw[:most])
    if encoding in ("gzip", "x-gzip", "deflate"):
        content, cut = _inflated(url, content, most, cut)
    elif encoding not in ("identity", ""):
        raise ToolError(f"{url}: the body is compressed with {encoding[:40]!r}, which is not supported")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return Body(url, response.status_code, kind, _charset(response), content, cut)


def _inflated(url: str, content: bytes, most: int, cut: bool) -> tuple[bytes, bool]:
    """At most ``most`` bytes, however much the body would unpack to."""
    machine = zlib.decompressobj(wbits=47)
    try:
        plain = machine.decompress(content, most)
    except zlib.error as error:
        raise ToolError(f"{url}: the compressed body is damaged") from error
    return plain, cut or bool(machine.unconsumed_tail)


def _charset(response: "httpx.Response") -> str:
    name = response.charset_encoding or "utf-8"
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        return "utf-8"
    return name
