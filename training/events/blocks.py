"""Secrets that are known by what stands around them: private keys, cookies, registries, manifests, AWS pairs.

Invariant: each finder reads a text once, and looks back or ahead no further than a fixed number of characters.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import base64
import binascii
import re
from collections.abc import Callable, Iterator

import regex  # type: ignore[import-untyped]

from training.events.assignments import Span
from training.events.command_lines import piped
from training.events.randomness import entropy, is_placeholder, looks_random
from training.events.tables import HINTS, in_inserts, in_markup, in_tables

_KEY_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_KEY_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_BETWEEN = r"(?:\s|\\[nrt\"']|[\"'`+>|,;:#*()]|(?<![A-Za-z0-9+/=])[0-9]{1,6}(?=[\s:|])|-(?=\s)|[A-Za-z-]{3,20}: [^\n\\]{0,200})"
_CHUNK = r"[A-Za-z0-9+/=]{16,}+"
# Groups that give nothing back: re matches them wrongly before Python 3.11.4.
_KEY_BODY = regex.compile(
    rf"(?:{_BETWEEN}{{0,160}}+{_CHUNK})++"
    rf"(?:{_BETWEEN}{{0,40}}+[A-Za-z0-9+/=]{{1,15}}+(?={_BETWEEN}{{0,40}}+-{{4,5}} ?END))?"
)
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_PUTTY = regex.compile(
    r"Private-Lines: ?[0-9]{1,3}(?:\r?\n|\\n)(?P<secret>(?:[A-Za-z0-9+/=]{4,}+(?:\r?\n|\\n|$))++)"
)
_COOKIES = re.compile(
    r"(?i)(?<![A-Za-z0-9_])(?P<set>set-)?cookie\\{0,3}[\"']?\s{0,4}[:=,]\s{0,4}\\{0,3}[\"']?(?P<list>[^\r\n\"'\\]{3,8192})"
)
_COOKIE_OPTION = re.compile(
    r"(?<![\w-])(?:-b|--cookie)[ =]?[\"']?(?P<list>[A-Za-z0-9_.-]{1,64}=[^\r\n\"']{3,4096})"
)
_COOKIE = re.compile(r"(?P<name>[A-Za-z0-9_.$-]{1,128}+)=(?P<value>[^;,\s\"'\\]{1,4096}+)")
_COOKIE_NAME = re.compile(
    r"(?i)sess|sid|token|auth|csrf|xsrf|jwt|login|remember|secret|ticket|credential|passw|identity|access|refresh|user"
)
_ATTRIBUTES = {
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "version",
    "priority",
}
_AUTH = re.compile(
    r"(?<![A-Za-z0-9-])(?P<name>_?auth)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?(?P<value>[A-Za-z0-9+/_-]{8,2048}+={0,2})"
)
_MANIFEST = re.compile(r"(?i)\bkind[\"']?:\s{0,4}[\"']?(?:Sealed)?Secret\b")
_DATA = re.compile(
    r"(?m)^(?P<indent>[ ]*)(?:data|stringData):[ \t]*\r?\n(?P<body>(?:(?P=indent)[ ]+[^\n]*(?:\n|$)|[ \t]*\n){1,400})"
)
_ENTRY = re.compile(
    r"(?m)^[ ]+[\"']?[A-Za-z0-9_.-]{1,128}[\"']?:[ ]+(?:[|>][-+]?[ \t]*\n[ ]*)?[\"']?(?P<value>[^\s\"'#][^\s\"']{3,}|[^\s\"'#][^\n\"']{3,}(?=[\"']))"
)
_DOCUMENT = 20_000
_AWS_KEY = re.compile(r"(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_AWS_NAMED = re.compile(
    r"(?i)(?:aws_?)?secret_?(?:access_?)?key(?:_?id)?\\{0,3}[\"']?(?:\s{0,4}[:=,]\s{0,4}|[ \t]{1,4})\\{0,3}[\"']?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_AROUND = 400


def private_keys(text: str) -> Iterator[Span]:
    """Keys in PEM and its relatives, whole, cut at their end or at their beginning, or as PuTTY keeps them."""
    last = 0
    ends = _KEY_END.finditer(text)
    end = next(ends, None)
    for begin in _KEY_BEGIN.finditer(text):
        while end is not None and end.start() < begin.start():
            yield from _headless(text, last, end)
            last, end = end.end(), next(ends, None)
        if begin.start() < last:
            continue
        body = _KEY_BODY.match(text, begin.end())
        if body is None:
            continue
        close = re.compile(rf"{_BETWEEN}{{0,40}}+").match(text, body.end())
        finish = _KEY_END.match(text, close.end() if close else body.end())
        stop = finish.end() if finish else body.end()
        if not finish and (line := re.compile(r"\r?\n|\\n").match(text, stop)):
            stop = line.end()
        yield begin.start(), stop, "private-key"
        last = stop
        while end is not None and end.start() < last:
            end = next(ends, None)
    while end is not None:
        yield from _headless(text, last, end)
        last, end = end.end(), next(ends, None)
    for match in _PUTTY.finditer(text) if "Private-Lines" in text else ():
        yield (*match.span("secret"), "private-key")


def _headless(text: str, last: int, end: re.Match[str]) -> Iterator[Span]:
    """The lines before an END whose BEGIN was cut off."""
    start = end.start()
    newline = "\\n" if text[start - 2 : start] == "\\n" else "\n"
    place, lines = start, 0
    while place > last:
        cut = place - len(newline)
        begin = text.rfind(newline, last, cut)
        begin = begin + len(newline) if begin >= 0 else last
        line = text[begin:cut].strip(" \t\r+>|\"'")
        if not line and not lines:
            place = begin
            continue
        short_tail = lines == 0 and re.fullmatch(r"[A-Za-z0-9+/=]{1,76}", line)
        if not short_tail and not re.fullmatch(r"[A-Za-z0-9+/=]{16,}", line):
            tail = len(line) - len(line.rstrip(_BASE64))
            place = cut - tail if tail >= 16 else place
            break
        place, lines = begin, lines + 1
    if place < start:
        yield place, end.end(), "private-key"


def cookies(text: str) -> Iterator[Span]:
    """The values of cookies in headers and options, but for flags and settings."""
    for pattern in (_COOKIES, _COOKIE_OPTION):
        for match in pattern.finditer(text):
            for one in _COOKIE.finditer(text, *match.span("list")):
                value = one["value"]
                if one["name"].lower() in _ATTRIBUTES or is_placeholder(value) or len(value) < 6:
                    continue
                if looks_random(value) or (
                    _COOKIE_NAME.search(one["name"]) and any(c.isdigit() for c in value)
                ):
                    yield (*one.span("value"), "cookie")


def registry_auths(text: str) -> Iterator[Span]:
    """``"auth": "..."`` of Docker and ``_auth=...`` of npm: a user and a password in base64."""
    for match in _AUTH.finditer(text):
        if (match["name"] == "_auth" and looks_random(match["value"])) or is_basic(match["value"]):
            yield (*match.span("value"), "registry-auth")


def is_basic(value: str) -> bool:
    """Whether it is base64 of ``user:password``."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in decoded[1:] and all(32 <= byte < 127 for byte in decoded)


def manifests(text: str) -> Iterator[Span]:
    """The values of Kubernetes secrets in YAML."""
    done = 0
    for match in _MANIFEST.finditer(text):
        if match.start() < done:
            continue
        begin = max(
            text.rfind("\n---", max(done, match.start() - _DOCUMENT), match.start()),
            done,
            match.start() - _DOCUMENT,
            0,
        )
        end = text.find("\n---", match.end(), match.end() + _DOCUMENT)
        done = end if end >= 0 else min(len(text), match.end() + _DOCUMENT)
        for data in _DATA.finditer(text, begin, done):
            for entry in _ENTRY.finditer(text, *data.span("body")):
                if not is_placeholder(entry["value"]):
                    yield (*entry.span("value"), "kubernetes-secret")


def aws_secrets(text: str) -> Iterator[Span]:
    """The secret under its name, or beside the id of its key."""
    for match in _AWS_NAMED.finditer(text):
        yield (*match.span("secret"), "aws-secret")
    done = 0
    for key in _AWS_KEY.finditer(text):
        begin, end = max(done, key.start() - _AROUND), min(len(text), key.end() + _AROUND)
        for match in _AWS_SECRET.finditer(text, begin, end):
            if _is_aws_secret(match[0]):
                yield (*match.span(), "aws-secret")
        done = max(done, end - 40)


def _is_aws_secret(value: str) -> bool:
    has = (
        any(c.islower() for c in value)
        and any(c.isupper() for c in value)
        and any(c.isdigit() for c in value)
    )
    return has and entropy(value) >= 3.8


Finder = Callable[[str], Iterator[Span]]
FINDERS: tuple[tuple[tuple[str, ...], bytes, Finder], ...] = (
    (("private key", "private-lines"), rb"private key(?: block)? ?----|private-lines", private_keys),
    (("akia", "asia", "abia", "acca", "a3t", "secret"), rb"secret|(?-i:A[SBK]IA|ACCA|A3T)", aws_secrets),
    (("cookie", " -b", "'-b"), rb"cookie|-b[ =]?[\"'\\]*[a-z0-9_.-]+=", cookies),
    (("auth",), rb"(?:^|[^a-z-])auth[\\\"']*\s*[:=]", registry_auths),
    (("secret",), rb"secret", manifests),
    (
        ("echo ", "printf ", "<<<"),
        rb"passw|passphrase|base64|sudo|cryptsetup|kinit|\bsu -|login[ \t]+-|-with-token",
        piped,
    ),
    (HINTS, rb"(?:api|access|secret|private|auth|signing|license|master|account) key", in_tables),
    (("<",), rb"api key", in_markup),
    (("insert",), rb"insert[^a-z]+(?:ignore[^a-z]+)?(?:[nrt]?into)", in_inserts),
)
"""Hints in lower case, what the gate stops at, and the finder."""
