"""Texts as they are written from templates, and what may be asked of them.

Invariant: a question about something that was left out, or about a row that is not there, has no answer; no
question is answered by two lines.
"""

import random
import re
import textwrap
from dataclasses import dataclass, field

from training.generation.reading.templates import MARK, Block, Template, Unit, facts_in
from training.generation.reading.values import Scope, draw

_FIRST_MARK, _HARD_SPACE = 0xE000, chr(0xF8FF)
_IN_PARAGRAPH = re.compile("[\ue000-\uf8fe]")
_KEPT = 0.65
"""How likely a unit that may be left out is there."""


@dataclass(frozen=True)
class Question:
    """A question with the line that answers it, or None; ``kept`` are words that stay as they are."""

    text: str
    kept: tuple[str, ...]
    line: int | None
    answer: str
    topic: str = ""
    """What is asked about, where there is no line to tell it by."""


def without_last_blanks(lines: list[str]) -> list[str]:
    """The lines up to the last one with something on it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


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
        self._lines = without_last_blanks(self._lines)
        empty = next((at for at, line in enumerate(self._lines) if line), 0)
        del self._lines[:empty]
        self._there = [(fact, scope, line - empty, answer) for fact, scope, line, answer in self._there]

    def _unit(self, unit: Unit, scope: Scope) -> None:
        for part in unit:
            if isinstance(part, str):
                self._line(part, scope)
            else:
                self._block(part, scope)

    def _line(self, text: str, scope: Scope) -> None:
        if self._paragraph is not None:
            self._paragraph.append(scope.fill(MARK.sub(lambda match: self._unbroken(match, scope), text)))
            return
        for match in MARK.finditer(text):
            self._there.append((match[1], scope, len(self._lines), scope.fill(match[2])))
        self._lines.append(scope.fill(MARK.sub(lambda match: match[2], text)))

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

    def _leave_out(self, units: list[Unit], scope: Scope) -> None:
        facts = {fact for unit in units for fact in facts_in(unit)}
        self._missing += [(fact, scope) for fact in sorted(facts)]


def _question(form: str, scope: Scope, line: int | None, answer: str, topic: str = "") -> Question:
    return Question(scope.fill(form), tuple(scope.used_in(form)), line, answer, topic)
