"""The first request on a connection to the proxy: where it wants to go, and what is sent on.

Invariant: what is sent on names the host that was checked, in its first line and as ``Host``, and carries
exactly one request. Covered: ``CONNECT`` and plain HTTP. Not covered: bodies without a length.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_BYTES = 32 << 10
_LINE = re.compile(r"([A-Z]{3,10}) (\S{1,8000}) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_DROPPED = frozenset({"host", "connection", "keep-alive", "te", "trailer", "upgrade"})


class Refused(Exception):
    """Why a request goes nowhere: a status of HTTP, and a line for whoever asked."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Wanted:
    """Where a request goes. ``onward`` is the head to send before ``body`` bytes; empty for ``CONNECT``."""

    host: str
    port: int
    onward: bytes = b""
    body: int = 0

    @property
    def tunnel(self) -> bool:
        return not self.onward


def read_request(head: bytes) -> Wanted:
    """Read everything before the empty line. Raises Refused."""
    lines = head.decode("latin-1").split("\r\n")
    line = _LINE.fullmatch(lines[0])
    if line is None:
        raise Refused(400, "this is no request to a proxy")
    method, target = line[1], line[2]
    fields = [_HEADER.fullmatch(each) for each in lines[1:] if each]
    if not all(fields):
        raise Refused(400, "a header of the request is not understood")
    headers = [(each[1].lower(), each[2].strip()) for each in fields if each]
    return _tunnel(target) if method == "CONNECT" else _plain(method, target, headers)


def _tunnel(target: str) -> Wanted:
    host, separator, port = target.rpartition(":")
    if not separator or not re.fullmatch(r"[0-9]{1,5}", port):
        raise Refused(400, "CONNECT takes a host and a port")
    return Wanted(_host(host), int(port))


def _plain(method: str, target: str, headers: list[tuple[str, str]]) -> Wanted:
    try:
        url = urlsplit(target)
        port = url.port or 80
    except ValueError as error:
        raise Refused(400, "the address is not understood") from error
    if url.scheme != "http" or not url.hostname or "@" in url.netloc:
        raise Refused(400, "only http:// addresses without a user, or CONNECT")
    lengths = {value for name, value in headers if name == "content-length"}
    if any(name == "transfer-encoding" for name, _ in headers) or len(lengths) > 1:
        raise Refused(411, "a body needs one length")
    length = lengths.pop() if lengths else "0"
    if not re.fullmatch(r"[0-9]{1,12}", length):
        raise Refused(400, "the length of the body is not understood")
    host = _host(url.hostname)
    kept = [
        f"{name}: {value}" for name, value in headers if not (name in _DROPPED or name.startswith("proxy-"))
    ]
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    head = "\r\n".join(
        [f"{method} {path} HTTP/1.1", f"host: {url.netloc.lower()}", "connection: close", *kept]
    )
    return Wanted(host, port, f"{head}\r\n\r\n".encode("latin-1"), int(length))


def _host(text: str) -> str:
    """A name as resolvers take it; an address or anything else is refused."""
    if not re.fullmatch(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", text):
        raise Refused(403, "only names of hosts can be reached, no addresses")
    return text.rstrip(".").lower()
