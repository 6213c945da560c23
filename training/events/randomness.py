"""Tell generated values from words, names, versions and code.

Invariant: every check reads a value a fixed number of times. What a reference or a placeholder is
(``$TOKEN``, ``<your key>``, ``settings.key``) is never a secret.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re
from collections import Counter
from math import log2

LONGEST = 8192
_SAMPLE = 256

_KEY_ALPHABET = re.compile(r"[!-~]+")
_PLACEHOLDER = re.compile(
    r"(?i)^(?:\$(?:[A-Z_]\w*(?:$|->|[.:/\[])|[({\[$])|%(?:[A-Z_]\w*%?$|[({])|<(?:[^<>]*>|$|%)|\{(?:\{|[^{}]*\}$|$|%)"
    r"|\*+$|!!|[!@](?:[A-Z:_./-]*$|[A-Z_]\w*[({])|&?[A-Za-z_]\w*\(|\[redacted|x{4,}$|\.{3,}|_+$|-+$|\W+$"
    r"|your[_ -]|my[_ -]|the[_ -]|some[_ -]|example|change[_-]?(?:me|it|this)|replace[_-]?|insert[_-]?|placeholder|dummy|todo"
    r"|optional|os\.|env\b|process\.|settings|config\b|self\.|this\.|args\.|getpass|secrets?\.|vars?\.|data\.|local\."
    r"|(?:none|null|nil|true|false|undefined|str|string|bytes|object|self|any|bool|boolean|int|integer|float|number"
    r"|list|dict|type|text|value|secretstr|required|missing|invalid|incorrect|wrong|expired|empty|hidden|masked|unset"
    r"|disabled|enabled|default|prompt|unknown|unchanged|changed|updated|redacted|auto|manual|yes|no|on|off|and|or|is"
    r"|not|has|for|from|with|was|must|may|to|in|input|field|form|label|hash|hashed|plain|plaintext|env|file|vault)$)"
)
_ASKS = re.compile(
    r"(?i)^(?:your|my|the|some|example|change[_-]?(?:me|it|this)|replace|insert|placeholder|dummy|todo|optional|env|settings|config)"
)
"""How a value begins that asks to be replaced; it is a secret all the same where a generated one follows."""
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_ATTRIBUTE = re.compile(r"^[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+$")
_REFERENCE = re.compile(r"\$\{|\{\{|\$\(|#\{|%\(|<%|\(\)|/aws4_request")
_PATH = re.compile(r"^(?:~?/|\.{1,2}/|[A-Za-z]:\\)[^=+]*$")
_KINDS = re.compile(r"[0-9]+|[a-z]+|[A-Z]+")


def is_placeholder(value: str) -> bool:
    """Whether a value stands for something else: a reference, a type, a word that asks to be replaced."""
    if _ATTRIBUTE.match(value) or _REFERENCE.search(value):
        return True
    return bool(_PLACEHOLDER.match(value)) and not _holds_a_key(value)


def _holds_a_key(value: str) -> bool:
    """Whether what follows ``changeme-`` or ``my-`` was generated."""
    asks = _ASKS.match(value)
    runs = _RUN.findall(value[asks.end() : _SAMPLE]) if asks else ()
    return any(any(one.isdigit() for one in run) and _changes(run) >= 6 for run in runs)


def is_mixed(value: str) -> bool:
    """Whether it holds a digit, or a character that no word has."""
    return any(letter.isdigit() or (not letter.isalnum() and letter not in "_-. ") for letter in value)


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(count / len(value) * log2(count / len(value)) for count in Counter(value).values())


def looks_random(value: str) -> bool:
    """Whether a value under the name of a secret was generated: letters and digits without an order."""
    if not 10 <= len(value) <= LONGEST or not _KEY_ALPHABET.fullmatch(value):
        return False
    if _PATH.match(value) or "://" in value or value.startswith(("[redacted", "sha256:", "sha512-", "sha1-")):
        return False
    value = value[:_SAMPLE]
    digits = sum(letter.isdigit() for letter in value)
    letters = sum(letter.isalpha() for letter in value)
    if digits == 0:
        return (
            len(value) >= 20
            and letters >= 16
            and _changes(value) >= len(value) // 4
            and entropy(value) >= 3.3
        )
    if letters == 0:
        return False
    if len(value) < 16:
        return _changes(value) >= 5 and entropy(value) >= 2.8
    return entropy(value) >= 3.0


def _changes(value: str) -> int:
    """How often digits, small and capital letters take turns; a capital that begins a word counts half."""
    runs: list[str] = _KINDS.findall(value)
    words = sum(len(one) > 2 and one.islower() for one in runs)
    return len(runs) - 1 - words
