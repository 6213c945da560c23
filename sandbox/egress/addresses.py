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


_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is handed out of IPv6 so far for the public internet."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 behind a translator (NAT64)."""
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        # relays and services of the own network, tunnels, and what is for documents, as far as a Python
        # somewhere takes them for public
        ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20"),
    )
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


def is_address(host: str) -> bool:
    """Whether ``host`` is an address, with or without brackets, and not a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether ``address`` is certainly one of the public internet.

    IPv6 counts only within the range that is handed out for it, or where it stands for a public IPv4 address,
    mapped or translated; so local, compatible and reserved forms need no list of their own.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if parsed.scope_id or inner is not None:
            return not parsed.scope_id and is_public(str(inner))
        if parsed not in _UNICAST:
            return False
    return parsed.is_global and not parsed.is_multicast and not any(parsed in one for one in _SPECIAL)


async def addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]
