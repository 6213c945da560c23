"""What the ranker sees of a text: words, pairs of words and pieces of words, each hashed into a bucket.

Invariant: fitting and ranking use this very code, so weights mean the same at both ends; a text costs time
linear in its length, and only the beginning and the end of a long one count. Names, paths, addresses and
numbers are replaced by what they are: that a request holds a path says much, which path says nothing.
"""

import re
from functools import lru_cache
from zlib import crc32

Key = str | tuple[str, str]
"""A word, or two neighbours."""

BUCKETS = 1 << 13
FIRST_TOKENS, LAST_TOKENS = 48, 16
PIECES = (3, 4, 5)
SHORTEST_PIECE = 3
LONGEST_WORD = 24
LONGEST_TOKEN = 200
MOST_CHARACTERS = 4000

_EXTENSIONS = re.compile(
    "bat|cc?|cfg|conf|cpp|cs|css|csv|env|gif|go|gz|h|hpp|html?|ini|ipynb|java|jpg|jsx?|json|kt|lock|log|lua|md|pdf|"
    "php|pl|png|pyi?|rb|rs|rst|scala|sh|sql|svg|swift|tar|tex|toml|tsx?|tsv|txt|xml|ya?ml|zip",
    re.IGNORECASE,
)
_AROUND = "\"'`()[]{}<>,;:!?…“”‘’«»"
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->)[^\W\d]\w*)*")
_CALLED = re.compile(r"[`\"']?[^\W\d][\w.]*\(")
_OPERATOR = re.compile(r"[-+*/%^=<>]+")
_CAMEL = re.compile(r"[a-z\d][A-Z]|[A-Z][a-z]+[A-Z]|[A-Z]{2}[a-z]")
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def words(text: str) -> list[str]:
    """The words that count, in order and lower case; ``§file`` and its like stand for kinds of words."""
    if len(text) > MOST_CHARACTERS:
        text = f"{text[: MOST_CHARACTERS // 2]} {text[-MOST_CHARACTERS // 2 :]}"
    tokens = text.split()
    if len(tokens) > FIRST_TOKENS + LAST_TOKENS:
        tokens = tokens[:FIRST_TOKENS] + tokens[-LAST_TOKENS:]
    return [word for token in tokens for word in _words_of(token[:LONGEST_TOKEN])]


@lru_cache(maxsize=1 << 14)
def _words_of(token: str) -> tuple[str, ...]:
    bare = token.strip(_AROUND).rstrip(".")
    kind = "§name" if _CALLED.match(token) else _kind(bare)
    found = [kind] if kind else [part.lower() for part in _LETTERS.findall(bare)]
    if token[0] == "`":
        found.append("§code")
    elif token[0] in "\"'“‘«":
        found.append("§quote")
    if token[-1] in "?:":
        found.append(token[-1])
    return tuple(found)


def _kind(token: str) -> str:
    """What a token is where it is no ordinary word."""
    if _URL.match(token):
        return "§url"
    if _OPERATOR.fullmatch(token):
        return "§sum"
    if token.isalpha():
        return "§name" if _CAMEL.search(token) else ""
    if any(character.isdigit() for character in token) and not any(c.isalpha() for c in token):
        return "§number" if token.replace(".", "").replace(",", "").isdigit() else "§sum"
    _, dot, ending = token.rpartition(".")
    if dot and _EXTENSIONS.fullmatch(ending):
        return "§file"
    if "/" in token.strip("/") or (token.endswith("/") and len(token) > 1):
        return "§path"
    if _IDENTIFIER.fullmatch(token) and any(mark in token for mark in "_.:>"):
        return "§name"
    return ""


def keys(text: str) -> list[Key]:
    """What ``text`` holds: each word once, and all pairs of neighbours; ``^`` begins it and ``$`` ends it."""
    found = words(text)
    return [*dict.fromkeys(found), *zip(["^", *found], [*found, "$"], strict=True)]


def buckets_of(key: Key) -> tuple[int, ...]:
    """The buckets of a pair; or of a word and its pieces, so that a slip of the pen makes no other word."""
    if not isinstance(key, str):
        return (_bucket(f"n {key[0]} {key[1]}"),)
    if key[0] == "§" or len(key) < SHORTEST_PIECE:
        return (_bucket(f"w {key}"),)
    edged = f"<{key[:LONGEST_WORD]}>"
    pieces = [edged[at : at + size] for size in PIECES for at in range(len(edged) - size + 1)]
    return (_bucket(f"w {key}"), *(_bucket(f"p {piece}") for piece in pieces))


def buckets(text: str) -> list[int]:
    """The buckets of all that ``text`` holds, each as often as it occurs."""
    return [bucket for key in keys(text) for bucket in buckets_of(key)]


def _bucket(feature: str) -> int:
    return crc32(feature.encode("utf-8", "replace")) % BUCKETS
