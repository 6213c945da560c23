"""Decisions with planted groups, for ``curation.py``: who is a duplicate of whom is known.

A group is one request with its call. Its members beside the first: the same again (``exact``), said a
little otherwise (``reworded``), in other words (``paraphrased``), or with an argument by another name
(``renamed``). Groups that are near each other but different, by one number or one name, are planted too
(``near``): none of those may be left out.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from training.generation.catalogue import words

TOOLS = ("read_file", "search_files", "run_shell", "edit_file", "list_files")
ENDINGS = ("py", "ts", "go", "md", "toml", "rs", "sql", "c")
SHAPES = (
    (
        "read_file",
        ("show me lines {a} to {b} of {path}", "print {path} from line {a} up to {b}"),
        {"path": "{path}", "start_line": "{a}"},
    ),
    (
        "read_file",
        ("what does {path} say about the {noun}?", "open {path}, I need to know about the {noun}"),
        {"path": "{path}"},
    ),
    (
        "search_files",
        (
            "where do we {verb} the {noun} in {folder}?",
            "look in {folder} for what may {verb} a {noun}",
        ),
        {"pattern": "{verb}_{noun}", "path": "{folder}"},
    ),
    (
        "run_shell",
        ("run make {verb}-{noun} with {a} workers", "use {a} jobs for make {verb}-{noun}"),
        {"command": "make {verb}-{noun} -j {a}"},
    ),
    (
        "edit_file",
        ("set the {noun} to {a} in {path}", "{path}: the {noun} has to be {a}"),
        {"path": "{path}", "old_text": "{noun} = {b}", "new_text": "{noun} = {a}"},
    ),
    (
        "list_files",
        (
            "which {ending} files about the {noun} are in {folder}?",
            "list {folder}: {noun}, only {ending}",
        ),
        {"path": "{folder}", "pattern": "*{noun}*.{ending}"},
    ),
)
"""Tool, two ways to ask, and the call."""
OPENINGS = ("please ", "can you ", "hey, ", "now ", "ok, ")
ENDS = (" please", ", thanks", " now", "!", " again")
NEW_NAMES = {"path": "file", "pattern": "query", "command": "cmd", "start_line": "first"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def planted(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """``count`` decisions as the log gives them, shuffled; ``context.group`` and ``context.planted`` say what
    was planted."""
    dice = random.Random(seed)
    made = _members(dice)
    rows = [next(made) for _ in range(count)]
    dice.shuffle(rows)
    for place, row in enumerate(rows):
        row["event_id"] = f"e{place:07}"
        row["timestamp"] = (START + timedelta(seconds=place)).isoformat()
        row["session_id"] = f"s{place // 20}"
    return rows


def text_of(row: dict[str, Any]) -> str:
    """The request and the values of the call in one text, for engines that know texts only."""
    values = " ".join(str(value) for _, value in sorted(row["tool_parameters"].items()))
    return f"{row['tool_selected']} {row['context']['request']} {values}"


def _members(dice: random.Random) -> Iterator[dict[str, Any]]:
    group = 0
    seen: set[str] = set()
    while True:
        tool, (shape, other_shape), arguments = dice.choice(SHAPES)
        values = _values(dice)
        for kind in ("first", *(("near",) if dice.random() < 0.3 else ())):
            if kind == "near":
                values = {**values, **_other(values, dice)}
            request = shape.format(**values)
            if request in seen:
                continue
            seen.add(request)
            call = {name: text.format(**values) for name, text in arguments.items()}
            group += 1
            yield _row(request, tool, call, group, kind)
            if kind == "near":
                continue
            if dice.random() < 0.5:
                yield _row(request, tool, call, group, "exact")
            if dice.random() < 0.6:
                yield _row(_reworded(request, dice), tool, call, group, "reworded")
            if dice.random() < 0.3:
                yield _row(other_shape.format(**values), tool, call, group, "paraphrased")
            if dice.random() < 0.4:
                renamed = {NEW_NAMES.get(name, name): value for name, value in call.items()}
                yield _row(request, tool, renamed, group, "renamed")


def _values(dice: random.Random) -> dict[str, str]:
    noun, verb, folder = (dice.choice(words(name)) for name in ("nouns", "verbs", "folders"))
    ending = dice.choice(ENDINGS)
    path = f"{folder}/{dice.choice(words('nouns'))}_{dice.choice(words('nouns'))}.{ending}"
    a = dice.randint(1, 400)
    return {
        "noun": noun,
        "verb": verb,
        "folder": folder,
        "ending": ending,
        "path": path,
        "a": str(a),
        "b": str(a + dice.randint(1, 400)),
    }


def _other(values: dict[str, str], dice: random.Random) -> dict[str, str]:
    """One value is another: what is asked is alike, and not the same."""
    name = dice.choice(("noun", "a", "path"))
    return {name: _values(dice)[name]}


def _reworded(request: str, dice: random.Random) -> str:
    way = dice.randrange(4)
    if way == 0:
        return dice.choice(OPENINGS) + request
    if way == 1:
        return request.rstrip("?") + dice.choice(ENDS)
    if way == 2:
        return request[0].upper() + request[1:].rstrip("?") + "."
    places = [at for at in range(1, 20) if request[at : at + 2].isalpha()]
    place = dice.choice(places)
    return request[:place] + request[place + 1] + request[place] + request[place + 2 :]


def _row(request: str, tool: str, arguments: dict[str, str], group: int, kind: str) -> dict[str, Any]:
    return {
        "event_id": "",
        "timestamp": "",
        "session_id": "",
        "agent_id": "coder",
        "category": "coding",
        "context": {"request": request, "group": group, "planted": kind},
        "tools_available": [{"name": name} for name in TOOLS],
        "tool_selected": tool,
        "tool_parameters": arguments,
        "reasoning": "",
        "confidence": 0.9,
        "model": "m",
        "latency_ms": 90.0,
        "outcome": {"success": True, "result": "ok", "execution_time_ms": 3.0},
        "review": None,
        "teacher_model": None,
        "teacher_tool": None,
        "teacher_parameters": None,
        "teacher_confidence": None,
    }
