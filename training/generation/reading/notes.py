"""Facts of one or two domains as files for people and programs write them, among others of their kind.

Invariant: a fact is asked for by name, or in the words of somebody who does not know the name. The facts of
a domain that the file leaves out are asked for in vain.
"""

import random

from training.generation.fact_forms import Form, families
from training.generation.facts import Fact, facts
from training.generation.reading.pages import Page, Question

_MOST_ROWS = 7


def notes_page(dice: random.Random) -> Page:
    """A file of facts, with questions about them."""
    family = families()[dice.choice(("note", "note", "conf", "code", "caps"))]
    form = dice.choice(family.forms)
    ending = dice.choice(form.endings)
    domains = dice.sample(sorted(facts()), dice.choice((1, 1, 1, 2)))
    path = f"{dice.choice(family.folders)}{dice.choice(family.stems).format(domains[0])}.{ending}"
    page = Page(f"facts-{ending}", dice.choice((f"read {path}", f"read {path}", f"sh cat {path}")), [])
    for domain in domains:
        rows = dice.sample(facts()[domain], min(len(facts()[domain]), dice.randint(1, _MOST_ROWS)))
        _write(page, form, domain, rows, dice)
        for fact in facts()[domain]:
            if fact not in rows:
                page.unanswered += [Question(text, (), None, "", fact.name) for text in _asked(fact, dice)]
    return page


def _write(page: Page, form: Form, domain: str, rows: list[Fact], dice: random.Random) -> None:
    values = [row.draw(dice) for row in rows]
    written = [form.written(domain, row, value) for row, value in zip(rows, values, strict=True)]
    first = len(page.lines)
    page.lines += form.text(domain, written).splitlines()
    written[-1] = form.at_the_end(written[-1])
    for row, value, line in zip(rows, values, written, strict=True):
        at = page.lines.index(line, first)
        answer = value + form.unit(row)
        if page.lines.count(line) == 1:
            page.answered += [Question(text, (), at, answer) for text in _asked(row, dice)]


def _asked(fact: Fact, dice: random.Random) -> list[str]:
    """By name twice, shortly, and as somebody asks who does not know the name."""
    named = [fact.question(fact.word, dice) for _ in range(2)]
    mark = dice.choice(("?", "?", ""))
    questions = [before + fact.word + after + mark for before, after in named]
    return [*questions, fact.asked + mark, f"{fact.name}?"]
