"""The Berkeley Function Calling Leaderboard's data as cases.

A folder holds ``BFCL_v4_multiple.json`` and so on, a JSON object a line, and the right calls under the same
names in ``possible_answer/``. Covered: the categories whose calls are Python or that want no call. Not
covered: Java and JavaScript, whose arguments are source text, and the categories that run what is called.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tools.protocol.calls import ANSWER
from tools.protocol.openai_form import FormError, read_messages, read_tools
from training.evaluation.cases import Case, CaseFileError, Expected, Rule

CATEGORIES = (
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "irrelevance",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
)
ANSWERS = "possible_answer"
_OLDER_NAMES = {"simple_python": "simple"}


def read_bfcl(folder: Path, categories: Sequence[str]) -> tuple[Case, ...]:
    """The cases of ``categories``, tagged with theirs. Raises CaseFileError."""
    return tuple(case for category in categories for case in _category(folder, category))


def _category(folder: Path, category: str) -> Iterator[Case]:
    path = _newest(folder, category)
    rights: Mapping[str, Any] | None = None
    if not category.endswith("relevance"):
        answers = folder / ANSWERS / path.name
        rights = {entry["id"]: entry["ground_truth"] for entry in _entries(answers, "ground_truth")}
    for entry in _entries(path, "question"):
        if rights is not None and entry["id"] not in rights:
            raise CaseFileError([f"{folder / ANSWERS / path.name}: has no answer to {entry['id']}"])
        try:
            yield _case(entry, category, rights[entry["id"]] if rights else None)
        except (FormError, KeyError, TypeError, AttributeError) as error:
            raise CaseFileError([f"{path}: {entry['id']}: not as BFCL writes it: {error}"]) from None


def _newest(folder: Path, category: str) -> Path:
    """The file of a category; of several versions the highest."""
    names = "|".join(name for name in (category, _OLDER_NAMES.get(category)) if name)
    pattern = re.compile(rf"BFCL_v(\d+)_(?:{names})\.json")
    found = folder.iterdir() if folder.is_dir() else ()
    versions = {int(match[1]): path for path in found if (match := pattern.fullmatch(path.name))}
    if not versions:
        raise CaseFileError([f"{folder}: there is no BFCL_v*_{category}.json in this folder"])
    return versions[max(versions)]


def _entries(path: Path, needed: str) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise CaseFileError([f"{path}: {error.strerror or error}"]) from None
    for number, line in enumerate(lines, 1):
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise CaseFileError([f"{path}:{number}: not JSON: {error}"]) from None
        if not isinstance(entry, dict) or "id" not in entry or needed not in entry:
            raise CaseFileError([f"{path}:{number}: an entry needs `id` and `{needed}`"])
        yield entry


def _case(entry: Mapping[str, Any], category: str, right: Any) -> Case:
    """``question`` holds one list of messages for each turn; these categories have one turn."""
    system, messages = read_messages(entry["question"][0])
    functions = [{"type": "function", "function": one} for one in entry["function"]]
    rule: Rule = "some_call" if category.endswith("_relevance") else "bfcl"
    expected = (Expected(ANSWER, {}),) if right is None else tuple(_expected(one) for one in right)
    return Case(entry["id"], messages, expected, read_tools(functions), system, (category,), rule)


def _expected(right: Mapping[str, Mapping[str, Any]]) -> Expected:
    """``{name: {argument: [acceptable values]}}``."""
    ((name, arguments),) = right.items()
    return Expected(name, {argument: tuple(values) for argument, values in arguments.items()})
