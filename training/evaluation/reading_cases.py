"""Reading cases: a text that a call brought, a question, and what is right to say.

A file holds one JSON object a line: ``{"id", "question", "text" | "file", "call"?: {"tool", "arguments"},
"form"?: "line" | "result" | "done" | "ask" | "none", "lines"?: [numbers from 1], "tags"?: [...]}``. ``file``
is a path beside the cases. Any of ``lines`` is right; with them the form is ``line``, without it is ``none``.
Invariant: a case that was read names only lines that there are.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from tools.calls import ToolCall
from training.evaluation.cases import CaseFileError, lines_of
from training.student.passages import FORMS, LINE, Passage

_KEYS = {"id", "question", "text", "file", "call", "form", "lines", "tags"}


@dataclass(frozen=True)
class ReadingCase:
    """One question about one text. ``lines`` are the right places, from 0."""

    id: str
    question: str
    passage: Passage
    form: str
    lines: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


def read_reading_cases(path: Path) -> tuple[ReadingCase, ...]:
    """The cases of a file. Raises CaseFileError with every line that is wrong."""
    cases: dict[str, ReadingCase] = {}
    problems: list[str] = []
    for number, line in lines_of(path):
        try:
            case = _case(orjson.loads(line), path.parent)
            if case.id in cases:
                raise ValueError(f"the id {case.id!r} was used before")
            cases[case.id] = case
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(f"{path}:{number}: {said}")
    if problems:
        raise CaseFileError(problems)
    if not cases:
        raise CaseFileError([f"{path}: there are no cases in this file"])
    return tuple(cases.values())


def reading_fingerprint(cases: Sequence[ReadingCase]) -> str:
    """The same for the same cases, however their file is written."""
    data = orjson.dumps([asdict(case) for case in cases], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()[:16]


def _case(given: dict[str, Any], folder: Path) -> ReadingCase:
    if unknown := given.keys() - _KEYS:
        raise ValueError(f"there is no key {min(unknown)!r} in a case")
    if ("text" in given) == ("file" in given):
        raise ValueError('give "text" or "file"')
    text = given["text"] if "text" in given else (folder / given["file"]).read_text("utf-8")
    lines = tuple(text.rstrip("\n").split("\n"))
    places = tuple(number - 1 for number in given.get("lines", ()))
    form = given.get("form", LINE if places else "none")
    if form not in FORMS or (form == LINE) != bool(places):
        raise ValueError(f"the form {form!r} does not fit; {', '.join(FORMS)}, and only line has lines")
    if missing := [place + 1 for place in places if not 0 <= place < len(lines)]:
        raise ValueError(f"the text has no line {missing[0]}")
    call = given.get("call") or {"tool": "read_file", "arguments": {"path": given.get("file", "text.txt")}}
    passage = Passage(ToolCall("c0", call["tool"], dict(call["arguments"])), lines)
    return ReadingCase(
        str(given["id"]), str(given["question"]), passage, form, places, tuple(given.get("tags", ()))
    )
