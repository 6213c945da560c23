"""Which hosts may be reached, and at which of their addresses.

Invariant: a name is resolved once and the connection goes to an address that was checked, so that a name that
changes its address in between gains nothing. Covered: loopback, private, link-local, reserved and mapped
addresses; addresses written as hosts. Not covered: what an allowed host does with what it is sent, also for
other names that it serves.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, for a port. Raises OSError or UnicodeError where it has none."""

_DOMAIN = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)


def domain(text: str) -> str:
    """``text`` as a domain of a list, such as ``github.com`` or ``*.python.org``. Raises ValueError."""
    name = text.strip().rstrip(".")
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name.lower()):
        raise ValueError(f"{text!r} is no domain; write one such as github.com or *.githubusercontent.com")
    return name.lower()


def permits(domains: Iterable[str], host: str) -> bool:
    """Whether ``host`` is one of ``domains``, or below one that starts with ``*.``."""
    name = host.rstrip(".").lower()
    return any(name.endswith(each[1:]) if each.startswith("*.") else name == each for each in domains)


def is_public(address: str) -> bool:
    """False for loopback, private, link-local, multicast, reserved and mapped forms of those."""
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
    return parsed.is_global and not parsed.is_multicast


async def addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
