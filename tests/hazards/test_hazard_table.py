"""README.md of this folder says where each case is tested: every file it names must hold such a test."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = HERE.parent
ROWS = [
    (case, file)
    for case, cell in re.findall(
        r"^\| ([A-M]\d+) \| (.*) \|$", (HERE / "README.md").read_text(), re.MULTILINE
    )
    for file in re.findall(r"`([^`]+\.py)`", cell)
]


@pytest.mark.parametrize(("case", "file"), ROWS)
def test_the_table_names_a_file_that_tests_the_case(case: str, file: str) -> None:
    numbers = set()
    for name in re.findall(r"def test_(\w+)", (TESTS / file).read_text()):
        numbers |= {f"{letter}{int(number)}" for letter, number in re.findall(r"([A-M])(\d{1,2})(?=_)", name)}
        numbers |= _range(name)
    assert case in numbers


def _range(name: str) -> set[str]:
    found = re.match(r"([A-M])(\d+)_to_\1(\d+)_", name)
    if found is None:
        return set()
    return {f"{found[1]}{number}" for number in range(int(found[2]), int(found[3]) + 1)}


def test_the_table_has_rows() -> None:
    assert len(ROWS) > 100
