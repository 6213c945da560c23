"""Reading examples in any number, the same for the same seed.

Invariant: every example is made from its own dice, so that a longer run begins like a shorter one.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from training.generation.data_files import data, lines
from training.generation.noise import noisy
from training.generation.reading.base import Form, ReadingExample
from training.generation.reading.calls import Source, source_of
from training.generation.reading.configuration import configuration_page
from training.generation.reading.endings import ending
from training.generation.reading.notes import notes_page
from training.generation.reading.pages import Page, Question, page_of
from training.generation.reading.real import real_page
from training.generation.reading.templates import templates

_SHARES: dict[Form, float] = {"line": 0.6, "none": 0.16, "result": 0.14, "done": 0.05, "ask": 0.05}
_MOST_LINES = 60
_MOST_QUESTIONS = 4
_NOISE = 0.3
_APART = 0.6
"""How often a wording is preferred that has no word of the line."""
_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}|[0-9]{2,}")
_NAMED = 0.12
"""Share of the questions about a file that name it."""
_CUT = 0.12
"""Share of the files of which only the beginning is read."""


def reading_examples(count: int, seed: int = 0) -> Iterator[ReadingExample]:
    """So many examples."""
    made = 0
    for number in range(count):
        dice = random.Random(f"reading {seed} {number}")
        for example in examples_of_page(dice):
            if made == count:
                return
            made += 1
            yield example


def examples_of_page(dice: random.Random) -> Iterator[ReadingExample]:
    """Some questions about one text; none where it has none."""
    page = _page(dice)
    asked: set[tuple[str, int | None]] = set()
    for _ in range(dice.randint(1, _MOST_QUESTIONS)):
        form = dice.choices(list(_SHARES), list(_SHARES.values()))[0]
        if form in ("done", "ask"):
            yield ending(form, dice)
            continue
        example = _example(page, form, dice)
        if example and (example.question, example.line) not in asked:
            asked.add((example.question, example.line))
            yield example


def _page(dice: random.Random) -> Page:
    make = dice.choices(_PAGES, _WEIGHTS)[0]
    return make(dice)


def _template_page(dice: random.Random) -> Page:
    return page_of(dice.choice(templates()), dice)


_PAGES: Sequence[Callable[[random.Random], Page]] = (
    _template_page,
    configuration_page,
    notes_page,
    real_page,
)
_WEIGHTS = (0.6, 0.12, 0.1, 0.18)


def _example(page: Page, form: Form, dice: random.Random) -> ReadingExample | None:
    """None where the page has no question of the form, nor a fact to ask for instead."""
    source = source_of(page.call)
    if form == "result":
        request = Question(_request(page, source, dice), (source.name,), None, "")
        return _made(page, source, form, request, dice)
    if form == "none" and page.unanswered:
        topic = dice.choice(sorted({one.topic for one in page.unanswered}))
        question = dice.choice([one for one in page.unanswered if one.topic == topic])
        return _made(page, source, form, question, dice)
    known = [one for one in page.answered if one.line is not None and one.line < _MOST_LINES]
    if not known:
        return None
    fact = dice.choice(sorted({(one.line or 0, one.answer) for one in known}))
    wordings = [one for one in known if (one.line, one.answer) == fact]
    apart = [one for one in wordings if not _words(one.text) & _words(page.lines[fact[0]])]
    question = dice.choice(apart if apart and dice.random() < _APART else wordings)
    return _made(page, source, "line", question, dice)


def _words(text: str) -> set[str]:
    """Lower-case words, also those of names such as ``maxRetries`` and ``max_retries``."""
    return {word.lower() for word in _WORD.findall(text)}


def _request(page: Page, source: Source, dice: random.Random) -> str:
    """What somebody asks who wants to see the whole."""
    if page.shown and (page.call.split(" ")[0] not in ("read", "sh") or dice.random() < 0.6):
        return dice.choice(page.shown)
    sort = page.call.split(" ")[0].removesuffix("1")
    return dice.choice(lines(data("reading/requests")[sort])).replace("{of}", source.name)


def _made(page: Page, source: Source, form: Form, question: Question, dice: random.Random) -> ReadingExample:
    text = question.text
    kept = (*question.kept, source.name)
    if form != "result" and source.tool == "read_file" and dice.random() < _NAMED:
        around = dice.choice(lines(data("reading/requests")["with_source"]))
        text = around.replace("{q}", text).replace("{of}", source.name)
    arguments: dict[str, Any] = dict(source.arguments)
    head, body = list(source.head), page.lines[:_MOST_LINES]
    if source.tool == "read_file":
        first, total = page.window or (1, len(page.lines))
        if form != "result" and len(body) > 3 and dice.random() < _CUT:
            body = body[: dice.randint((question.line or 0) + 1, len(body))]
        if len(body) < total:
            last = first + len(body) - 1
            head = [f"[lines {first}-{last} of {total}]"]
            arguments |= {"start_line": first, "end_line": last}
    return ReadingExample(
        source=source.name,
        lines=(*head, *body),
        question=noisy(text, dice, _NOISE, kept=[one for one in kept if one]),
        form=form,
        line=None if question.line is None else question.line + len(head),
        answer=question.answer,
        kind=page.kind,
        call=(source.tool, arguments),
    )
