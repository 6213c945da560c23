"""Reading examples: what they promise, and that the templates they are written from hold together."""

import random
import re
from collections import Counter

import pytest

from training.generation.data_files import data
from training.generation.reading.base import FORMS, ReadingExample
from training.generation.reading.calls import source_of
from training.generation.reading.configuration import configuration_page
from training.generation.reading.generator import reading_examples
from training.generation.reading.notes import notes_page
from training.generation.reading.pages import Page, page_of
from training.generation.reading.real import real_page
from training.generation.reading.templates import Template, facts_in, templates

UNFILLED = re.compile(r"\{[a-z][a-z_0-9]*\}|<<[a-z_]+\||%(?:end|some|each|wrap|opt|pick|any)\b")
SHARES = {
    "line": (0.55, 0.65),
    "none": (0.13, 0.20),
    "result": (0.11, 0.17),
    "done": (0.03, 0.07),
    "ask": (0.03, 0.07),
}


@pytest.fixture(scope="module")
def examples() -> list[ReadingExample]:
    return list(reading_examples(2000, seed=5))


def test_the_answer_stands_on_the_line_and_nowhere_is_one_without_a_line(examples):
    for one in examples:
        if one.form == "line":
            assert one.line is not None and one.answer.strip() and one.answer in one.lines[one.line], one
        else:
            assert one.line is None and one.answer == "", one


def test_every_example_is_whole(examples):
    for one in examples:
        assert one.form in FORMS and one.kind and one.source and one.question.strip(), one
        assert 1 <= len(one.lines) <= 61 and not any("\n" in line for line in one.lines), one
        assert not UNFILLED.search(one.question), one
        tool, arguments = one.call
        assert tool and all(isinstance(value, str | int) for value in arguments.values()), one


@pytest.mark.slow
def test_the_same_seed_gives_the_same_examples_and_a_longer_run_begins_like_a_shorter_one(examples):
    assert list(reading_examples(200, seed=5)) == examples[:200]
    assert list(reading_examples(200, seed=6)) != examples[:200]


def test_the_forms_come_in_their_shares(examples):
    counted = Counter(one.form for one in examples)
    for form, (low, high) in SHARES.items():
        assert low <= counted[form] / len(examples) <= high, (form, counted)


def test_there_are_many_kinds_of_text_and_wordings_and_answers_at_every_depth(examples):
    assert len({one.kind for one in examples if one.form == "line"}) >= 60
    assert len({one.question for one in examples}) > 0.75 * len(examples)
    pointed = [one for one in examples if one.line is not None]
    depths = Counter(10 * one.line // len(one.lines) for one in pointed)
    assert all(depths[tenth] > 0.03 * len(pointed) for tenth in range(10)), depths
    assert any(one.line == 0 for one in pointed)
    assert sum(one.line == len(one.lines) - 1 for one in pointed) > 0.05 * len(pointed)
    assert sum(one.kind in ("python-library", "package-metadata", "project-document") for one in pointed) < (
        0.3 * len(pointed)
    )


def test_half_of_the_questions_share_no_word_with_their_line(examples):
    pointed = [one for one in examples if one.line is not None]
    apart = [one for one in pointed if not _words(one.question) & _words(one.lines[one.line])]
    assert len(apart) > 0.35 * len(pointed)


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Za-z][a-z]{2,}", text)}


def test_there_are_thousands_of_wordings():
    forms = {form for one in templates() for asked in one.asked.values() for form in asked}
    forms |= {form for one in data("reading/settings")["setting"] for form in one["of"].split("\n") if form}
    assert len(templates()) >= 60 and len(forms) >= 2300


@pytest.mark.parametrize("template", templates(), ids=lambda one: one.kind)
def test_questions_and_facts_of_a_template_belong_together(template: Template):
    facts = set(_all_facts(template))
    assert set(template.asked) <= facts
    assert template.unanswered or not template.kind.startswith("config")
    for seed in range(8):
        page = page_of(template, random.Random(f"{template.kind} {seed}"))
        _is_sound(page)
        assert not any(UNFILLED.search(line) for line in page.lines), page.lines


def _all_facts(template: Template) -> set[str]:
    found: set[str] = set()
    blocks = [template.body]
    while blocks:
        for unit in blocks.pop().units:
            found |= set(facts_in(unit))
            blocks += [part for part in unit if not isinstance(part, str)]
    return found


@pytest.mark.parametrize("make", [configuration_page, notes_page, real_page])
@pytest.mark.slow
def test_pages_of_other_makers_are_sound(make):
    for seed in range(40):
        _is_sound(make(random.Random(seed)))


def _is_sound(page: Page) -> None:
    """Each question has one answer, and none that is said to have none has one."""
    asked: dict[str, int] = {}
    for question in page.answered:
        assert question.line is not None and question.answer in page.lines[question.line], question
        assert asked.setdefault(question.text, question.line) == question.line, question
    for question in page.unanswered:
        assert question.text not in asked, question
        assert question.line is None and not question.answer
    assert source_of(page.call).name and page.lines and page.lines[-1].strip()


def test_a_row_that_is_not_there_is_asked_for_in_vain():
    template = next(one for one in templates() if one.kind == "csv")
    for seed in range(20):
        page = page_of(template, random.Random(seed))
        names = {line.split(",")[0] for line in page.lines[1:]}
        vain = [one for one in page.unanswered if one.kept]
        assert vain and not any(name in one.text for one in vain for name in names)


def test_a_setting_of_two_sections_is_asked_for_with_the_section():
    found = 0
    for seed in range(80):
        page = configuration_page(random.Random(seed))
        by_line: dict[int | None, set[str]] = {}
        for question in page.answered:
            by_line.setdefault(question.line, set()).add(question.text)
        ports = [asked for asked in by_line.values() if any(re.search(r"\bport\b", text) for text in asked)]
        found += len(ports) > 1
        assert sum("port?" in asked for asked in ports) <= 1 and (len(ports) < 2 or "port?" not in ports[0])
    assert found


@pytest.mark.slow
def test_a_piece_of_a_file_says_which_lines_it_has():
    pieces = [one for one in reading_examples(300, seed=8) if "end_line" in one.call[1]]
    assert pieces
    for one in pieces:
        first, last = one.call[1]["start_line"], one.call[1]["end_line"]
        assert one.lines[0].startswith(f"[lines {first}-{last} of ")
        assert len(one.lines) == last - first + 2
