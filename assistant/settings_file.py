"""One settings file as read: its values, and on which line each stands.

Invariant: what cannot be read, or is no TOML, is said with file and line; it never counts as empty.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LARGEST_BYTES = 1 << 20
DEEPEST = 32
"""Tables in tables: none of the settings comes near it, and whoever walks the values may recurse."""

_PART = r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'"""
_DOTTED = rf"(?:{_PART})(?:\s*\.\s*(?:{_PART}))*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_TOO_DEEP = "nested too deeply to be settings"


class SettingsError(Exception):
    """Settings that cannot be used: one line, where, what, and how to mend it."""


@dataclass(frozen=True)
class SettingsFile:
    """A settings file. A file that does not exist has no values."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    def where(self, key: tuple[str, ...]) -> str:
        """``file:line`` of ``key``, or of the nearest table around it."""
        return f"{self.path}:{line_of(self.text, key)}"


def read_settings_file(path: Path) -> SettingsFile:
    """Read ``path``. Raises SettingsError where it is there and is no readable TOML file."""
    try:
        if not path.exists():
            return SettingsFile(path)
        if not path.is_file():
            raise SettingsError(f"{path}: not a regular file; settings are a TOML file")
        if path.stat().st_size > LARGEST_BYTES:
            raise SettingsError(f"{path}: larger than {LARGEST_BYTES >> 10} KiB; this is no settings file")
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    return parse_settings(path, content)


def parse_settings(path: Path, content: bytes) -> SettingsFile:
    """What ``path`` holds. Raises SettingsError where ``content`` is no TOML."""
    try:
        text = content.decode("utf-8")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_toml_error(path, text, error)) from error
    except RecursionError as error:
        raise SettingsError(f"{path}: {_TOO_DEEP}") from error
    if _is_too_deep(values):
        raise SettingsError(f"{path}: {_TOO_DEEP}")
    return SettingsFile(path, values, text)


def _is_too_deep(values: dict[str, Any]) -> bool:
    level: list[Any] = [values]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def line_of(text: str, key: tuple[str, ...]) -> int:
    """Line, from 1, of the assignment or table header that leads furthest along ``key``."""
    best_line, best_length = 1, 0
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        inside, quote = bool(quote), _open_quote(line, quote)
        if inside:
            continue
        if header := _HEADER.match(line):
            table = path = _parts(header[1])
        elif assignment := _ASSIGNMENT.match(line):
            path = table + _parts(assignment[1])
        else:
            continue
        shared = path[: len(key)] if key[: len(path)] == path[: len(key)] else ()
        if len(shared) > best_length:
            best_line, best_length = number, len(shared)
    return best_line


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _open_quote(line: str, quote: str) -> str:
    """The multi-line quote that is open after ``line``, or an empty text."""
    for found in re.findall(r'"""|\'\'\'', line):
        if not quote:
            quote = found
        elif quote == found:
            quote = ""
    return quote


def _toml_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    message = str(error)
    if position := re.search(r"\s*\(at line (\d+), column (\d+)\)$", message):
        reason, line = message[: position.start()], int(position[1])
    else:
        reason, line = message.removesuffix(" (at end of document)"), len(text.splitlines()) or 1
    return f"{path}:{line}: not valid TOML: {reason}"
