"""Secrets in addresses: ``user:password@``, ``TOKEN@``, signed query parameters.

Invariant: a port, a path with an ``@``, and a user's name stay. Every address is read once.
"""

import re
from collections.abc import Iterator

from training.events.assignments import Span
from training.events.randomness import is_placeholder, looks_random

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,30}):\\?/\\?/(?P<rest>[^\s\"'<>`]{3,4096}+)"
)
_HOST_FOLLOWS = re.compile(
    r"@(?=(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\]|\$?\{[^}]*\})(?::[0-9]{1,5}|:\$?\{[^}]*\})?(?:[\\/?#,;)\]}|&]|\.?$|\.\W))"
)
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#\\]|$)")
_WEB = ("http", "https", "ws", "wss", "file")
_PARAMETER = re.compile(
    r"(?i)(?<=[?&;])(?:amp;)?(?P<name>x-(?:amz|goog|oss|cos|ms)-(?:signature|security-token)|sig|signature|q-signature|hmac|token|access_token|auth"
    r"|authtoken|key|apikey|api_key|appid|code|state|ticket|sas|st|policy|jwt|id_token|assertion|password|passwd|pwd|pass)=(?P<value>[^\s&#;\"'<>`\\]{6,4096}+)"
)
_ALWAYS = ("signature", "sig", "security-token", "hmac")
_PASSWORDS = ("password", "passwd", "pwd", "pass")
_RANDOM_FROM = 16


def in_links(text: str) -> Iterator[Span]:
    """The secrets in the addresses of ``text``."""
    if "://" in text or ":\\/\\/" in text:
        for match in _ADDRESS.finditer(text):
            yield from _credentials(match)
    if "=" in text:
        for match in _PARAMETER.finditer(text):
            yield from _parameter(match)


def _credentials(match: re.Match[str]) -> Iterator[Span]:
    rest, start = match["rest"], match.start("rest")
    if "@" not in rest:
        return
    authority = re.match(r"[^/?#\\]*", rest)[0]  # type: ignore[index]
    if "@" in authority:
        end = authority.rindex("@")
    else:
        user, colon, _ = authority.partition(":")
        is_port = bool(_PORT.match(rest[len(user) + 1 :]))
        if not colon or (is_port and match["scheme"].lower() in _WEB):
            return
        found = _HOST_FOLLOWS.search(rest)
        if found is None:
            return
        end = found.start()
    user, colon, password = rest[:end].partition(":")
    if "," in user or (colon and not user and not password):
        return
    if password and not is_placeholder(password) and password not in ("x-oauth-basic", "x-access-token"):
        yield start + len(user) + 1, start + end, "password"
    if (not password or password == "x-oauth-basic") and _is_token(user):
        yield start, start + len(user), "url-token"


def _is_token(user: str) -> bool:
    return len(user) >= _RANDOM_FROM and looks_random(user) and not is_placeholder(user)


def _parameter(match: re.Match[str]) -> Iterator[Span]:
    name, value = match["name"].lower(), match["value"]
    if is_placeholder(value):
        return
    if name.endswith(_ALWAYS) and len(value) >= 16 and (looks_random(value) or "%" in value):
        yield (*match.span("value"), "url-signature")
    elif name in _PASSWORDS:
        yield (*match.span("value"), "password")
    elif looks_random(value) and len(value) >= _RANDOM_FROM:
        yield (*match.span("value"), "url-token")
