"""What regular expressions may hold on every Python that is supported."""

import importlib
import re
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

ROOT = Path(__file__).parents[1]


def modules() -> list[str]:
    """All whose text may hold a possessive repeat."""
    found = []
    for package in ("assistant", "tools", "training", "sandbox"):
        for path in (ROOT / package).rglob("*.py"):
            if re.search(r"[*+?}]\+", path.read_text("utf-8")):
                found.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return sorted(found)


def groups_held(parsed: Any) -> bool:
    """Whether something longer than one character is repeated without giving back."""
    for code, value in parsed:
        if code is _constants.POSSESSIVE_REPEAT and not single(value[2]):
            return True
        for inner in value if isinstance(value, (tuple, list)) else ():
            if isinstance(inner, _parser.SubPattern) and groups_held(inner):
                return True
            if isinstance(inner, list) and any(
                groups_held(one) for one in inner if isinstance(one, _parser.SubPattern)
            ):
                return True
    return False


def single(parsed: Any) -> bool:
    return len(parsed) == 1 and parsed[0][0] in (
        _constants.IN,
        _constants.LITERAL,
        _constants.NOT_LITERAL,
        _constants.ANY,
    )


def test_no_group_is_repeated_possessively() -> None:
    """Python 3.11 before 3.11.4 matches them wrongly (github.com/python/cpython/issues/100061)."""
    assert groups_held(_parser.parse("x(?:a(?:bc|d)++|e)"))
    assert not groups_held(_parser.parse("(?:[ab]{2,9}+c*+)*"))
    wrong = []
    for name in modules():
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern) and groups_held(_parser.parse(value.pattern, value.flags)):
                wrong.append(f"{name}.{key}")
    assert wrong == []
