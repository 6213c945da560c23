"""Regular expressions that a model, a user or somebody's schema wrote, bounded before they are compiled.

Invariant: no expression is compiled whose repetitions stand for more than ``MOST_STEPS`` steps, because
compiling cannot be interrupted. ``Expression`` matches in linear time (RE2) where it can; what only the
``regex`` module knows (look-around, back-references) is matched under a limit of time. Covered: long, deep
and multiplied repetitions, also written with spaces. Not covered: the memory that matching takes, for which
``search_files`` matches in a process of its own.
"""

import re
from typing import Any

MOST_STEPS = 100_000
DEEPEST = 200
LONGEST = 10_000
LONGEST_THOROUGH = 1_000
"""For the ``regex`` module: what it prepares for a literal takes more than the square of its length, and no
limit of time ends that; 1,000 characters take half a second, 4,000 take 20."""
_SECONDS = 1.0
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d*)(?:(,)(\d*))?\}|.", re.DOTALL)
_SPACED = re.compile(r"\(\?[a-zA-Z0-9]*x")


class PatternRefused(ValueError):
    """An expression that is not compiled or not matched to its end: one line, why."""


class Expression:
    """One regular expression. Raises PatternRefused, also where it is none."""

    def __init__(self, pattern: str) -> None:
        check_cost(pattern)
        self._fast = fast(pattern)
        self._thorough: Any = None if self._fast is not None else self._slower(pattern)

    @staticmethod
    def _slower(pattern: str) -> Any:
        try:
            return thorough(pattern)
        except PatternRefused:
            raise
        except ValueError as error:
            raise PatternRefused(str(error)) from error

    def found_in(self, text: str) -> bool:
        """Whether it matches somewhere in ``text``. Raises PatternRefused where that takes too long."""
        if self._fast is not None:
            return self._fast.search(text.encode("utf-8", "replace")) is not None
        try:
            return self._thorough.search(text, timeout=_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise PatternRefused("the regular expression takes too long to match") from None


def check_cost(pattern: str) -> None:
    """Raise PatternRefused where compiling ``pattern`` could take long; it need not be a valid one."""
    if len(pattern) > LONGEST:
        raise PatternRefused(f"a regular expression has at most {LONGEST} characters")
    spaced = _SPACED.search(pattern) is not None
    groups = [0]  # the steps of each group that is open
    last = 0  # the steps of what a repetition would repeat
    product = 1
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if text == "(":
            groups.append(0)
            last = 0
            if len(groups) > DEEPEST + 1:
                raise PatternRefused(f"a regular expression is nested at most {DEEPEST} deep")
        elif text == ")":
            last = max(1, groups.pop() if len(groups) > 1 else groups[0])
            groups[-1] += last
        elif piece[1] is not None and (times := _times(piece)) is not None:
            product *= max(1, times)
            groups[-1] += last * max(0, times - 1)
            last *= max(1, times)
        else:
            last = 1
            groups[-1] += 1
        if sum(groups) > MOST_STEPS or (spaced and product * len(pattern) > MOST_STEPS):
            raise PatternRefused(f"the regular expression repeats more than {MOST_STEPS:,} steps")


def fast(pattern: str) -> Any:
    """``pattern`` for RE2, over bytes of UTF-8; None where RE2 does not know it or it is too large."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        return re2.compile(pattern.encode("utf-8", "replace"), options)
    except re2.error:
        return None


def _times(piece: "re.Match[str]") -> int | None:
    """How often a repetition such as ``{2,5}`` repeats at the most; None where the text is none."""
    least, comma, most = piece.groups()
    if any(len(number or "") > 9 for number in (least, most)):
        return MOST_STEPS + 1
    if comma is None:
        return int(least) if least else None
    return int(most) if most else int(least or 0) + 1


def thorough(pattern: str) -> Any:
    """``pattern`` for the ``regex`` module. Raises PatternRefused if too long, ValueError if it is none."""
    import regex  # type: ignore[import-untyped]

    try:
        compiled = regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression ({error})") from error
    if len(pattern) > LONGEST_THOROUGH:
        raise PatternRefused(
            f"a regular expression for the slower engine has at most {LONGEST_THOROUGH:,} characters"
        )
    return compiled
