"""Patterns in the form of ``.gitignore``, matched in a time that is linear in the path (RE2).

Invariant: no pattern, whoever wrote it, takes long to read or to match. A pattern that cannot be read is an
error where it is asked for by itself (``Glob``), and matches nothing where it is a line of an ignore file.
Covered: many stars, very long patterns, damaged ranges, names that are no UTF-8. Not covered: among more than
100 patterns of one file, a later group wins over an earlier one even where a pattern names a folder.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

LONGEST = 500
MOST = 2000
LARGEST_FILE = 64 << 10
"""Bytes of an ignore file that are read."""
_TOGETHER = 100


class GlobError(ValueError):
    """A pattern that cannot be read: one line, why."""


class Glob:
    """One pattern. Raises GlobError."""

    def __init__(self, text: str) -> None:
        import re2

        expression = _parsed(text).regex
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        try:
            self._expression = re2.compile(expression.pattern if expression else "", options)
        except re2.error as error:
            raise GlobError("it cannot be read as a pattern of paths") from error

    def matches(self, path: str) -> bool:
        """Whether it names ``path``, relative and with ``/``, or a folder above it."""
        return self._expression.search(_text(path)) is not None


class IgnoreRules:
    """The lines of one ignore file."""

    def __init__(self, lines: Iterable[str]) -> None:
        patterns = []
        for line in itertools.islice(lines, MOST):
            try:
                patterns.append(_parsed(line))
            except GlobError:
                continue
        self._groups: list[GitIgnoreSpec] = []
        for start in range(0, len(patterns), _TOGETHER):
            self._groups += _compiled(patterns[start : start + _TOGETHER])

    def verdict(self, path: str) -> bool | None:
        """Whether ``path``, a folder with a ``/`` at its end, is ignored; None where no line speaks of it."""
        name = _text(path)
        for group in reversed(self._groups):
            said = group.check_file(name).include
            if said is not None:
                return bool(said)
        return None


def _parsed(text: str) -> "GitIgnoreSpecPattern":
    """Raises GlobError, also for a comment and an empty line."""
    import re

    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if len(text) > LONGEST:
        raise GlobError(f"a pattern has at most {LONGEST} characters")
    try:
        pattern = GitIgnoreSpecPattern(text)
    except (ValueError, re.error, RecursionError) as error:
        raise GlobError("it cannot be read as a pattern of paths") from error
    if pattern.include is None:
        raise GlobError("it names no path")
    return pattern


def _compiled(patterns: "Sequence[GitIgnoreSpecPattern]") -> "list[GitIgnoreSpec]":
    """All patterns as one automaton; one for each where that would be too large."""
    import re2
    from pathspec import GitIgnoreSpec

    try:
        return [GitIgnoreSpec(patterns, backend="re2")]
    except re2.error:
        return [] if len(patterns) == 1 else [one for each in patterns for one in _compiled([each])]


def _text(path: str) -> str:
    """``path`` as RE2 takes it: bytes that are no UTF-8 stand for any character."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
