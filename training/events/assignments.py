"""Secrets known by the name they are given to: ``API_KEY=...``, ``"password": "..."``, ``--token ...``.

Invariant: code that only names a secret (``password: str``, ``token = next(lexer)``,
``api_key=settings.key``) is left as it is. A literal value is taken out where the name is a password's,
or where the value looks random.
"""

import re
from collections import Counter
from math import log2

HINTS = ("passw", "pwd", "secret", "token", "key", "credential", "passphrase")

_NAME = (
    r"(?P<name>[A-Za-z0-9_.-]{0,40}?"
    r"(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?keys?|apikey|access[_-]?key(?:[_-]?id)?"
    r"|private[_-]?key|secret[_-]?key|account[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key|credentials?))"
)
ASSIGNMENT = re.compile(
    r"(?i)(?<![A-Za-z0-9_-])(?P<flag>--?)?" + _NAME + r"(?P<quoted>\\?[\"'])?"
    r"(?P<operator>\s{0,4}(?:=>|:=|[:=])\s{0,4}|\s)"
    r"(?:(?P<quote>\\?[\"'])(?P<literal>(?:(?!(?P=quote))[^\r\n]){4,512})(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;&|()\[\]{}<>]{4,512})(?P<after>.?))"
)
_PASSWORD = re.compile(r"(?i)passw|pwd|passphrase")
_PLACEHOLDER = re.compile(
    r"(?i)^(?:\$|%|<|\{|\[redacted|x{4,}$|\*{3,}|\.{3,}|your[_ -]|my[_ -]|example"
    r"|change[_-]?me|placeholder|dummy|none$|null$|true$|false$|todo|str$|string$|bytes$|optional|required|secretstr$|int$|object$|self$"
    r"|os\.|env|process\.|settings|config|getpass)"
)
_WORDS = re.compile(r"(?i)^[a-z]*(?:passw|pwd|passphrase|secret|token|key|credential)[a-z_]*$")
_ATTRIBUTE = re.compile(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")


def secret_of(match: re.Match[str]) -> tuple[str, str] | None:
    """The kind and the group of the secret in a match of ASSIGNMENT, or None where it is none."""
    password = bool(_PASSWORD.search(match["name"]))
    if match["operator"].isspace() and not match["flag"]:
        return None
    group = "literal" if match["literal"] is not None else "bare"
    value = match[group]
    if _PLACEHOLDER.match(value) or _WORDS.match(value):
        return None
    if group == "literal":
        secret = (password and " " not in value) or looks_random(value)
    else:
        secret = _bare(match, value, password)
    return ("password" if password else "assigned-secret", group) if secret else None


def _bare(match: re.Match[str], value: str, password: bool) -> bool:
    if match["after"] and match["after"] in "([{.":
        return False
    if _ATTRIBUTE.match(value):
        return False
    tight = not any(letter.isspace() for letter in match["operator"]) and "=" in match["operator"]
    if match["name"].isupper() and tight:
        return password or looks_random(value) or (len(value) >= 8 and _mixed(value))
    if password and (tight or match["flag"]):
        return match["after"] not in (",", ")") and len(value) >= 4
    if password:
        return len(value) >= 6 and _mixed(value) and not value.isidentifier()
    return looks_random(value)


def _mixed(value: str) -> bool:
    return any(letter.isdigit() for letter in value) or any(
        not letter.isalnum() and letter not in "_-." for letter in value
    )


def looks_random(value: str) -> bool:
    """Whether a value that is named like a secret reads like one: letters and digits without an order.

    16 to 512 characters of a key's alphabet, with letters and digits, and at least 3 bits per character.
    """
    if not 16 <= len(value) <= 512 or not re.fullmatch(r"[A-Za-z0-9+/=_.~!@#$%^*-]+", value):
        return False
    if not any(letter.isdigit() for letter in value) or not any(letter.isalpha() for letter in value):
        return False
    if value.startswith(("/", "./", "../", "~/")) or "://" in value:
        return False
    counts = Counter(value)
    entropy = -sum(count / len(value) * log2(count / len(value)) for count in counts.values())
    return entropy >= 3.0
