"""Texts that are on this machine: sources of the standard library, metadata of packages, documents.

Invariant: on the same machine the same dice give the same text. Where nothing of a sort is found, another
sort is taken; the texts of templates are always there.
"""

import importlib.metadata
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from training.generation.data_files import data
from training.generation.reading.pages import Page, Question, page_of, without_last_blanks
from training.generation.reading.real_code import module_page
from training.generation.reading.templates import expanded, templates

_LONGEST = 45
_HEADER = re.compile(r"([A-Z][A-Za-z-]+): (.+)")
_HEADING = re.compile(r"#{1,4} (.{3,60})")
_ROW = re.compile(r"\| `([^`|]{2,40})` \| (.+) \|$")
_WIDEST = 300
_CERTAIN = ("Keywords", "Requires-Python", "Description-Content-Type")
"""Fields whose facts stand nowhere else."""


def real_page(dice: random.Random) -> Page:
    """A piece of a real file, with questions about it."""
    for make in dice.sample(_MAKERS, len(_MAKERS)):
        page = make(dice)
        if page is not None and page.answered:
            return page
    return page_of(dice.choice(templates()), dice)


def _metadata_page(dice: random.Random) -> Page | None:
    files = _metadata()
    if not files:
        return None
    name, text = dice.choice(files)
    lines = without_last_blanks(text[: dice.randint(8, _LONGEST)])
    page = Page("package-metadata", f"read {name}/METADATA", lines, window=(1, len(text)))
    found: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        if not line:
            break
        if match := _HEADER.match(line):
            found.setdefault(match[1], []).append(at)
    asked = {key: tuple(expanded(str(forms))) for key, forms in data("reading/real")["metadata"].items()}
    for key, forms in asked.items():
        places = found.get(key, [])
        if len(places) == 1:
            value = lines[places[0]].partition(": ")[2]
            page.answered += [Question(form, (), places[0], value) for form in forms]
        elif not places and key in _CERTAIN:
            page.unanswered += [Question(form, (), None, "", key) for form in forms]
    return page


@cache
def _metadata() -> tuple[tuple[str, list[str]], ...]:
    found: dict[str, list[str]] = {}
    for package in importlib.metadata.distributions():
        text = package.read_text("METADATA")
        name = package.metadata["Name"]
        if text and name and name.isascii():
            found[f"{name}-{package.version}.dist-info"] = [line.rstrip() for line in text.splitlines()]
    return tuple((name, lines) for name, lines in sorted(found.items()) if max(map(len, lines)) < _WIDEST)


def _document_page(dice: random.Random) -> Page | None:
    files = _documents()
    if not files:
        return None
    name, text = dice.choice(files)
    start = dice.randrange(max(1, len(text) - 5))
    lines = without_last_blanks(text[start : start + dice.randint(6, _LONGEST)])
    page = Page("project-document", f"read {name}", lines, window=(start + 1, len(text)))
    _ask(page, _HEADING, "asked", text, lambda match: match[1])
    _ask(page, _ROW, "rows", text, lambda match: max(match[2].split(" | "), key=len))
    return page


def _ask(
    page: Page, pattern: re.Pattern[str], forms: str, text: list[str], answer: Callable[[re.Match[str]], str]
) -> None:
    """Ask for every match; those in other parts of the text are asked for in vain."""
    wordings = tuple(expanded(str(data("reading/real")["headings"][forms])))
    seen = "\n".join(page.lines).lower()
    for at, match in _matches(page.lines, pattern):
        name = match[1].strip("` ")
        if len(_containing(page.lines, name)) == 1:
            page.answered += [
                Question(one.replace("{name}", name), (name,), at, answer(match)) for one in wordings
            ]
    for _, match in _matches(text, pattern):
        name = match[1].strip("` ")
        if name.lower() not in seen:
            page.unanswered += [
                Question(one.replace("{name}", name), (name,), None, "", name) for one in wordings
            ]


def _matches(lines: list[str], pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for at, line in enumerate(lines):
        if match := pattern.match(line):
            yield at, match


def _containing(lines: list[str], name: str) -> list[int]:
    return [at for at, line in enumerate(lines) if name.lower() in line.lower()]


@cache
def _documents() -> tuple[tuple[str, list[str]], ...]:
    """Markdown of this project, where it lies beside the packages, and of installed ones."""
    root = Path(__file__).parents[3]
    paths = sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])
    texts = [(path.relative_to(root).as_posix(), path.read_text("utf-8").splitlines()) for path in paths]
    return tuple((name, lines) for name, lines in texts if lines and max(map(len, lines)) < 4 * _WIDEST)


_MAKERS: tuple[Callable[[random.Random], Page | None], ...] = (
    module_page,
    module_page,
    module_page,
    _metadata_page,
    _document_page,
    _document_page,
)
