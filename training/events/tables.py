"""Secrets in tables and markup: columns and rows with a secret's name, cells, attributes, ``INSERT``.

Invariant: each line and each tag is read once, a table at most ``_ROWS`` lines and a tag at most 800 characters
far. A table that describes settings (types, words, sentences) stays.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re
from collections.abc import Iterator

from training.events.assignments import Span, is_secret
from training.events.randomness import is_mixed, is_placeholder
from training.events.secret_names import Kind, kind_of

HINTS = ("pass", "pwd", "secret", "token", "key", "cred")
_ROWS = 200
_BARS = "|│║┃"
_LINE = re.compile(r"[^\n]+")
_CELL = re.compile(r"[^|│║┃\n]+")
_DELIMITED = re.compile(
    r"[A-Za-z_][\w. -]{0,40}(?:([,;\t])[A-Za-z_][\w. -]{0,40})(?:\1[A-Za-z_][\w. -]{0,40}){0,30}\r?"
)
_ALIGNED = re.compile(
    r"(?m)^[ \t]{0,12}(?P<name>[A-Za-z][\w -]{1,40}?)(?: {2,40}| ?\.{3,60} ?|\t{1,4})(?P<value>[^\s|]{6,256})[ \t]*\r?$"
)
_CELLS = re.compile(
    r">\s{0,8}(?P<name>[A-Za-z][\w .-]{1,60}?):?\s{0,8}</(?:td|th|dt|key|label|b|strong|span|string)>\s{0,80}"
    r"(?:<[^<>\n]{1,80}>\s{0,8}){1,3}(?P<value>[^\s<>][^<>\n]{3,512}?)\s{0,8}<"
)
_BOLD = re.compile(
    r"(?:\*\*(?P<name>[A-Za-z][\w .-]{1,40}):?\*\*:?|(?<![\w*])(?P<plain>[A-Za-z][\w-]{1,40}):)[ \t]{1,4}(?P<mark>\*\*|`|\*\*`|(?<=\*\* ))(?P<value>[^\s`*]{4,256})"
)
_TAG = re.compile(r"<[A-Za-z][^<>\n]{8,800}>")
_ATTRIBUTE = re.compile(
    r"(?<![\w.-])(?P<key>[A-Za-z:_-]{2,20})=(?P<quote>\\?[\"'])(?P<value>(?:(?!(?P=quote)).){1,512})(?P=quote)"
)
_NAMING = ("name", "id", "key", "type", "http-equiv", "property")
_VALUES = ("value", "content", "default", "defaultvalue")
_INSERT = re.compile(
    r"(?i)\binsert\s{1,8}(?:ignore\s{1,4})?into\s{1,8}[^\s(]{1,128}\s{0,8}\((?P<columns>[^()]{1,2000})\)\s{0,8}values\s{0,8}"
)
_TUPLES = 20_000
_VALUE = re.compile(r"\s*(?:[NE]?'(?P<literal>(?:[^'\\\n]|''|\\.){0,512})'|[^,()']{1,512})?\s*(?P<end>[,)(])")


_NEXT_ROW = re.compile(r"\s{0,8},")


def in_tables(text: str) -> Iterator[Span]:
    """The secrets in tables of text and in rows of separated values."""
    for match in _ALIGNED.finditer(text):
        yield from _named(match["name"], match["value"], match.span("value"), strict=True)
    for match in _BOLD.finditer(text):
        yield from _named(match["name"] or match["plain"], match["value"], match.span("value"))
    columns: dict[int, Kind] = {}
    separator, rows, width = "", 0, 0
    for line in _LINE.finditer(text):
        found = line[0]
        bar = any(one in found for one in _BARS)
        if columns and (rows >= _ROWS or (separator != "|" and found.count(separator) != width)):
            columns = {}
        if columns and bar == (separator == "|"):
            rows += 1
            for number, (start, end) in enumerate(_cells(text, line, separator)):
                if number in columns:
                    yield from _cell(text, start, end, columns[number])
            continue
        if columns and found.strip("-+=─┼ \t\r") == "":
            continue
        columns = {}
        if bar:
            cells = _cells(text, line, "|")
            names = [kind_of(_bare(text[start:end])) for start, end in cells]
            is_framed = found.strip()[0] in _BARS and found.strip()[-1] in _BARS
            for at, kind in enumerate(names[:-1]):
                if kind and is_framed:
                    yield from _cell(text, *cells[at + 1], kind)
            if len(cells) > 1 and (is_framed or " | " in found or " │ " in found):
                columns, separator, rows = {at: kind for at, kind in enumerate(names) if kind}, "|", 0
        elif len(found) <= 400 and (header := _DELIMITED.fullmatch(found)):
            separator, rows = header[1], 0
            width = found.count(separator)
            names = [kind_of(name) for name in found.split(separator)]
            columns = {at: kind for at, kind in enumerate(names) if kind}


def _cells(text: str, line: re.Match[str], separator: str) -> list[tuple[int, int]]:
    if separator == "|":
        spans = [one.span() for one in _CELL.finditer(text, *line.span())]
        return [
            span
            for at, span in enumerate(spans)
            if at or line[0].lstrip()[0] not in _BARS or text[slice(*span)].strip()
        ]
    spans, start = [], line.start()
    for part in line[0].split(separator):
        spans.append((start, start + len(part)))
        start += len(part) + 1
    return spans


def _bare(cell: str) -> str:
    return cell.strip(" \t\r*`\"'_")


def _cell(text: str, start: int, end: int, kind: Kind) -> Iterator[Span]:
    value = text[start:end]
    bare = value.strip(" \t\r*`\"'")
    begin = start + value.find(bare)
    if bare and _is_value(bare, kind):
        yield begin, begin + len(bare), kind


def _is_value(value: str, kind: Kind, strict: bool = False) -> bool:
    """A word of letters alone, as in a description, is a password only where it is long."""
    if " " in value or len(value) < 6 or not is_secret(value, kind):
        return False
    return (
        kind != "password"
        or any(one.isdigit() for one in value)
        or (not strict and (is_mixed(value) or len(value) >= 16))
    )


def _named(name: str, value: str, span: tuple[int, int], strict: bool = False) -> Iterator[Span]:
    kind = kind_of(name)
    if kind and _is_value(value, kind, strict):
        yield (*span, kind)


def in_markup(text: str) -> Iterator[Span]:
    """The secrets in attributes, and in elements that an attribute or the element before them names."""
    for match in _CELLS.finditer(text):
        yield from _named(match["name"], match["value"], match.span("value"))
    for tag in _TAG.finditer(text):
        kind = None
        values = []
        for one in _ATTRIBUTE.finditer(text, *tag.span()):
            key = one["key"].lower()
            if key in _NAMING:
                kind = kind or kind_of(one["value"])
            elif key in _VALUES:
                values.append(one)
        if kind is None:
            continue
        for one in values:
            if is_secret(one["value"], kind) and not is_placeholder(one["value"]):
                yield (*one.span("value"), kind)
        if not values and (body := _BODY.match(text, tag.end())) and is_secret(body["value"], kind):
            yield (*body.span("value"), kind)


_BODY = re.compile(
    r"\s{0,20}(?:<!\[CDATA\[)?(?P<value>[^\s<>][^<>\n]{3,512}?)(?:\]\]>)?\s{0,20}</(?:entry|parameter|param|property|string|setting|value|add|item)\b",
    re.IGNORECASE,
)


def in_inserts(text: str) -> Iterator[Span]:
    """The values of a secret's column in ``INSERT INTO users (name, password) VALUES (...)``."""
    done = 0
    for match in _INSERT.finditer(text):
        if match.start() < done:
            continue
        kinds = [kind_of(column.strip(" \t\r\n`\"'[]")) for column in match["columns"].split(",")]
        if not any(kinds):
            continue
        place, depth, column = match.end(), 0, 0
        stop = min(len(text), place + _TUPLES)
        while place < stop and (value := _VALUE.match(text, place)):
            literal = value["literal"] or ""
            kind = kinds[column] if depth == 1 and column < len(kinds) else None
            if kind and len(literal) >= 4 and not is_placeholder(literal):
                yield (*value.span("literal"), kind)
            place = value.end()
            if value["end"] == ",":
                column += depth == 1
            else:
                depth += 1 if value["end"] == "(" else -1
                column = column if depth else 0
            if depth < 0 or (depth == 0 and text[place - 1] == ")" and not _NEXT_ROW.match(text, place)):
                break
        done = place
