"""One HTTP GET that cannot reach this machine or a private network.

Invariant: the name is resolved once per request, every address it has is checked, and the connection goes to
a checked one; so a name that changes its address between check and use gains nothing. A redirect is followed
only where the permission that was given covers it: to the same host and port, never from https to http. Any
other comes back as the address of a further call, which is judged by itself.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.egress.addresses import Resolve, addresses, is_address, is_public, permits
from tools.calls import ToolError
from tools.permissions.rules import host_of
from tools.settings import ToolSettings

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 5
_LONGEST_ADDRESS = 2000
_SECONDS = 15.0


@dataclass(frozen=True)
class Redirect:
    """A redirect that was not followed: ``url`` sent to ``target``, which needs a permission of its own."""

    url: str
    target: str


@dataclass(frozen=True)
class Body:
    """What came back. ``kind`` is the media type in lower case, without parameters."""

    url: str
    status: int
    kind: str
    charset: str
    content: bytes
    cut: bool


async def fetch(
    url: str,
    settings: ToolSettings,
    network: Sequence[str] = (),
    resolve: Resolve = addresses,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Body | Redirect:
    """Get ``url``, of a domain in ``network`` unless that is empty. Raises ToolError with one line."""
    import httpx

    timeout = httpx.Timeout(_SECONDS)
    async with httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=timeout, transport=transport
    ) as client:
        for _ in range(_MOST_REDIRECTS + 1):
            target = _checked(url, settings, network)
            address = await _checked_address(target, settings, resolve)
            try:
                response = await client.send(_request(client, target, address), stream=True)
                try:
                    if not response.has_redirect_location:
                        return await _body(url, response, settings.fetch_bytes)
                    following = _redirected(target, response.headers["location"])
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ToolError(f"{url} cannot be fetched: {error or type(error).__name__}") from error
            if host_of(following) != host_of(url):
                return _further_call(url, following, settings, network)
            if url.startswith("https:") and not following.startswith("https:"):
                raise ToolError(f"{url} redirects from https to {following}; that is not followed")
            url = following
    raise ToolError(f"{url}: more than {_MOST_REDIRECTS} redirects")


def _redirected(base: "httpx.URL", location: str) -> str:
    """Where a reply redirects to. Raises ToolError or httpx.InvalidURL."""
    if len(location) > _LONGEST_ADDRESS:
        raise ToolError(f"{base} redirects to an address of {len(location)} characters; it is not followed")
    return str(base.join(location))


def _further_call(url: str, target: str, settings: ToolSettings, network: Sequence[str]) -> Redirect:
    """The redirect as something to call. Raises ToolError where such a call could only be refused.

    The target's name is not resolved: nobody has agreed yet that its name servers hear of it.
    """
    parsed = _checked(target, settings, network)
    if not host_of(target):
        raise ToolError(f"{url} redirects to an address that cannot be read; it is not followed")
    if is_address(parsed.host):
        _check_public(parsed.host, parsed.host, settings)
    return Redirect(url, target)


def _checked(url: str, settings: ToolSettings, network: Sequence[str]) -> "httpx.URL":
    """``url``, parsed. Raises ToolError where it is not to be fetched, whatever address its host has."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ToolError(f"{url[:200]!r} is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ToolError(f"{url[:200]!r}: only http:// and https:// addresses can be fetched")
    if parsed.userinfo:
        raise ToolError("a URL with a user name or password is not fetched")
    judged = host_of(url)
    if judged and judged != host_of(str(parsed)):
        raise ToolError(f"{url[:200]!r} can be read as two hosts; write it plainly")
    if network and not (permits(network, parsed.host) or parsed.host in settings.fetch_private_hosts):
        raise ToolError(f"{parsed.host} is not in the list [sandbox] network; not fetched")
    return parsed


def _request(client: "httpx.AsyncClient", url: "httpx.URL", address: str) -> "httpx.Request":
    """A request to the checked address, with the name kept for the server and its certificate."""
    return client.build_request(
        "GET",
        url.copy_with(host=address),
        headers={
            "Host": url.netloc.decode("ascii"),
            "User-Agent": "apprentice",
            "Accept": "text/html,text/plain,*/*;q=0.5",
            "Accept-Encoding": "gzip, identity",
        },
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )


async def _checked_address(url: "httpx.URL", settings: ToolSettings, resolve: Resolve) -> str:
    port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
    try:
        found = await resolve(url.host, port)
    except (OSError, UnicodeError) as error:
        raise ToolError(f"{url.host}: the name cannot be resolved; is there a network?") from error
    if not found:
        raise ToolError(f"{url.host}: the name has no address")
    for address in found:
        _check_public(url.host, address, settings)
    return found[0]


def _check_public(host: str, address: str, settings: ToolSettings) -> None:
    if host not in settings.fetch_private_hosts and not is_public(address):
        raise ToolError(f"{host} leads to {address}, which is not on the public internet; not fetched")


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
