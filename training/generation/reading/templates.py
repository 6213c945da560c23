"""Texts that are written from templates, with the facts in them and questions about each.

A body holds lines with slots. ``<<fact|text>>`` marks a fact: the line answers the questions of that name,
with the text. Blocks stand between a line with ``%`` and ``%end``, their units divided by ``%-`` (without
one, each line is a unit): ``%each row 2..5`` repeats with fresh values for ``{row}`` and ``{row_...}``, ``%any``
shuffles its units, ``%some`` leaves some of them out as well
(``%some 1..5`` keeps so many), ``%opt`` is there or not, ``%pick`` is one of them, and
``%wrap 60..90`` is a paragraph, broken at that width anywhere but in a fact.

Invariant: a question about something that was left out, or about a row that is not there, has no answer.
"""

import random
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from training.generation.data_files import data, lines, names_in
from training.generation.reading.values import Scope, draw

_BLOCKS = ("each", "any", "some", "opt", "pick", "wrap")
_MARK = re.compile(r"<<([a-z][a-z_0-9]*)\|(.+?)>>")
_FIRST_MARK, _HARD_SPACE = 0xE000, chr(0xF8FF)
_IN_PARAGRAPH = re.compile("[\ue000-\uf8fe]")
_KEPT = 0.65
"""How likely a unit that may be left out is there."""


@dataclass(frozen=True)
class Block:
    """Lines (``str``) and blocks, in units."""

    sort: str
    argument: str
    units: tuple[tuple["str | Block", ...], ...]


@dataclass(frozen=True)
class Template:
    """One kind of text."""

    kind: str
    calls: tuple[str, ...]
    """``read``, ``sh``, ``sh1`` (ends with code 1), ``tests``, ``tests1``, ``diff``, ``list``, ``search`` or
    ``docs``, and the argument."""
    slots: Mapping[str, str]
    body: Block
    asked: Mapping[str, tuple[str, ...]]
    """Questions by fact."""
    shown: tuple[str, ...]
    """Requests that the whole text fulfils."""
    unanswered: tuple[str, ...]
    """Questions that the text never answers."""


@dataclass(frozen=True)
class Question:
    """A question with the line that answers it, or None; ``kept`` are words that stay as they are."""

    text: str
    kept: tuple[str, ...]
    line: int | None
    answer: str
    topic: str = ""
    """What is asked about, where there is no line to tell it by."""


@dataclass
class Page:
    """A text that was written, and what may be asked of it."""

    kind: str
    call: str
    lines: list[str] = field(default_factory=list)
    answered: list[Question] = field(default_factory=list)
    unanswered: list[Question] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    window: tuple[int, int] | None = None
    """The number of the first line, and how many lines the file has, where only a part of it was read."""


@cache
def templates() -> tuple[Template, ...]:
    """Those of ``data/reading/texts``."""
    return tuple(
        _template(found)
        for name in names_in("reading/texts")
        for found in data(f"reading/texts/{name}")["text"]
    )


def page_of(template: Template, dice: random.Random) -> Page:
    """A text of the kind, other for other dice."""
    return _Writer(template, dice).page()


class _Writer:
    def __init__(self, template: Template, dice: random.Random) -> None:
        self._template = template
        self._dice = dice
        self._scope = Scope(dice, template.slots)
        self._lines: list[str] = []
        self._there: list[tuple[str, Scope, int, str]] = []
        self._missing: list[tuple[str, Scope]] = []
        self._paragraph: list[str] | None = None
        self._marks: list[tuple[str, Scope, str]] = []

    def page(self) -> Page:
        self._unit(self._template.body.units[0], self._scope)
        self._strip()
        call = self._scope.fill(self._dice.choice(self._template.calls))
        page = Page(self._template.kind, call, self._lines)
        page.shown = [self._scope.fill(text) for text in self._template.shown]
        by_text: dict[str, list[Question]] = {}
        for fact, scope, line, answer in self._there:
            for form in self._template.asked.get(fact, ()):
                question = _question(form, scope, line, answer)
                by_text.setdefault(question.text, []).append(question)
        page.answered = [found[0] for found in by_text.values() if len({one.line for one in found}) == 1]
        asked = self._template.asked
        missing = [(form, scope, fact) for fact, scope in self._missing for form in asked.get(fact, ())]
        missing += [(form, self._scope, "none") for form in self._template.unanswered]
        questions = [_question(form, scope, None, "", fact) for form, scope, fact in missing]
        page.unanswered = [one for one in questions if one.text not in by_text]
        return page

    def _strip(self) -> None:
        """Take empty lines from both ends."""
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        empty = next((at for at, line in enumerate(self._lines) if line), 0)
        del self._lines[:empty]
        self._there = [(fact, scope, line - empty, answer) for fact, scope, line, answer in self._there]

    def _unit(self, unit: tuple[str | Block, ...], scope: Scope) -> None:
        for part in unit:
            if isinstance(part, str):
                self._line(part, scope)
            else:
                self._block(part, scope)

    def _line(self, text: str, scope: Scope) -> None:
        if self._paragraph is not None:
            self._paragraph.append(scope.fill(_MARK.sub(lambda match: self._unbroken(match, scope), text)))
            return
        for match in _MARK.finditer(text):
            self._there.append((match[1], scope, len(self._lines), scope.fill(match[2])))
        self._lines.append(scope.fill(_MARK.sub(lambda match: match[2], text)))

    def _block(self, block: Block, scope: Scope) -> None:
        if block.sort == "each":
            self._rows(block, scope)
            return
        if block.sort == "wrap":
            self._wrapped(block, scope)
            return
        units = list(block.units)
        if block.sort == "pick":
            at = self._dice.randrange(len(units))
            self._unit(units[at], scope)
            self._leave_out(units[:at] + units[at + 1 :], scope)
            return
        if block.sort in ("any", "some"):
            self._dice.shuffle(units)
        kept = units
        if block.argument:
            kept = units[: int(draw(block.argument, self._dice))]
        elif block.sort in ("some", "opt"):
            kept = [unit for unit in units if self._dice.random() < _KEPT]
            if block.sort == "some" and not kept:
                kept = units[:1]
        self._leave_out([unit for unit in units if unit not in kept], scope)
        for unit in kept:
            self._unit(unit, scope)

    def _unbroken(self, match: re.Match[str], scope: Scope) -> str:
        """A fact in a paragraph, as one word behind a character that stands for it."""
        answer = scope.fill(match[2])
        self._marks.append((match[1], scope, answer))
        return chr(_FIRST_MARK + len(self._marks) - 1) + answer.replace(" ", _HARD_SPACE)

    def _wrapped(self, block: Block, scope: Scope) -> None:
        self._paragraph = []
        self._unit(block.units[0], scope)
        text, self._paragraph = " ".join(self._paragraph), None
        width = int(draw(block.argument, self._dice))
        for line in textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False):
            for mark in _IN_PARAGRAPH.findall(line):
                fact, owner, answer = self._marks[ord(mark) - _FIRST_MARK]
                self._there.append((fact, owner, len(self._lines), answer))
            self._lines.append(_IN_PARAGRAPH.sub("", line).replace(_HARD_SPACE, " "))

    def _rows(self, block: Block, scope: Scope) -> None:
        """Rows of different keys, and questions about one more that is not there."""
        name, _, count = block.argument.partition(" ")
        taken: dict[str, set[str]] = {}
        keyed = name in self._template.slots
        wanted = int(draw(count, self._dice))
        for at in range(wanted + 1):
            row = Scope(self._dice, self._template.slots, outer=scope, prefix=name, taken=taken)
            if keyed:
                before = len(taken.get(name, ()))
                row.fill(f"{{{name}}}")
                if len(taken[name]) == before:
                    continue
            if at < wanted:
                self._unit(block.units[0], row)
            elif keyed and wanted:
                self._leave_out([block.units[0]], row)

    def _leave_out(self, units: list[tuple[str | Block, ...]], scope: Scope) -> None:
        facts = {fact for unit in units for fact in _facts_in(unit)}
        self._missing += [(fact, scope) for fact in sorted(facts)]


def _question(form: str, scope: Scope, line: int | None, answer: str, topic: str = "") -> Question:
    return Question(scope.fill(form), tuple(scope.used_in(form)), line, answer, topic)


def _facts_in(unit: tuple[str | Block, ...]) -> Iterator[str]:
    for part in unit:
        if isinstance(part, str):
            yield from (match[1] for match in _MARK.finditer(part))
        elif part.sort != "each":
            for inner in part.units:
                yield from _facts_in(inner)


def _template(found: Mapping[str, object]) -> Template:
    asked = found["ask"]
    assert isinstance(asked, Mapping)
    body, end = _parsed(str(found["body"]).strip("\n").split("\n"), 0)
    calls, slots = found["call"], found.get("slots", {})
    assert isinstance(calls, list) and isinstance(slots, Mapping)
    if end:
        raise ValueError(f"{found['kind']}: %end without a block")
    questions = {fact: tuple(expanded(text)) for fact, text in asked.items()}
    return Template(
        str(found["kind"]),
        tuple(calls),
        slots,
        Block("body", "", (tuple(body),)),
        {fact: texts for fact, texts in questions.items() if fact not in ("show", "none")},
        questions.get("show", ()),
        questions.get("none", ()),
    )


def expanded(text: str) -> Iterator[str]:
    """Questions line by line; ``@port the cache`` stands for all wordings of ``port``,
    those in other languages (behind ``~``) only where the thing is a single name."""
    for line in lines(text):
        if not line.startswith("@"):
            yield line
            continue
        name, _, of = line[1:].partition(" ")
        named = of.startswith("{") and " " not in of
        forms = [form for form in phrases()[name] if named or not form.startswith("~")]
        yield from (form.removeprefix("~").replace("{of}", of) for form in forms)


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """Wordings by what is asked for, with ``{of}`` for the thing."""
    return {name: lines(text) for name, text in data("reading/phrases").items()}


def _parsed(text: list[str], at: int) -> tuple[list[str | Block], int]:
    """Parts up to the end of the block, and the index behind it, or 0 at the end of the text."""
    units, at = _units(text, at)
    return [part for unit in units for part in unit], at


def _units(text: list[str], at: int) -> tuple[list[tuple[str | Block, ...]], int]:
    units: list[list[str | Block]] = [[]]
    divided = False
    while at < len(text):
        line = text[at]
        at += 1
        if line == "%end":
            return _divided(units, divided), at
        if line == "%-":
            units.append([])
            divided = True
        elif line.startswith("%") and line[1:].split(" ")[0] in _BLOCKS:
            sort, _, argument = line[1:].partition(" ")
            inner, at = _units(text, at)
            if sort in ("each", "opt", "wrap") and len(inner) > 1:
                inner = [tuple(part for unit in inner for part in unit)]
            units[-1].append(Block(sort, argument, tuple(inner)))
        else:
            units[-1].append(line)
    return _divided(units, divided), 0


def _divided(units: list[list[str | Block]], divided: bool) -> list[tuple[str | Block, ...]]:
    """As they are divided, else one for each line."""
    if divided:
        return [tuple(unit) for unit in units]
    return [(part,) for part in units[0]]
