"""Configuration in many formats: sections with settings, some of which have the same name.

Invariant: a question names the section wherever another section has the setting too; the setting of a section
that lacks it, or of a section that is not there, is asked for in vain.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from training.generation.data_files import data, lines
from training.generation.reading.pages import Page, Question
from training.generation.reading.values import Scope
from training.generation.spelling import camel_case

_COMMENTED = 0.15
"""Share of the settings that stand under a remark about another one."""


@dataclass(frozen=True)
class _Setting:
    keys: tuple[str, ...]
    family: str
    values: str
    of: tuple[str, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True)
class _Form:
    kind: str
    paths: str
    section: str
    line: str
    head: str
    foot: str
    tail: str
    comment: str


def configuration_page(dice: random.Random) -> Page:
    """A file of one to seven sections, with questions about them."""
    form = dice.choice(_forms())
    scope = Scope(dice, {"where": form.paths, "name": "project"})
    call = dice.choice(("read {where}", "read {where}", "read {where}", "sh cat {where}"))
    page = Page(form.kind, scope.fill(call), [])
    names = dice.sample(sorted(_sections()), dice.choice((1, 1, 2, 2, 3, 4, 5, 7)) + 1)
    known = [dice.choice(family) for family in _families()]
    chosen = {name: dice.sample(known, dice.randint(1, 6)) for name in names[:-1]}
    spellings = {setting: dice.choice(setting.keys) for setting in known}
    if form.head:
        page.lines.append(scope.fill(form.head))
    for name, settings in chosen.items():
        if form.section:
            page.lines.append(_written(form.section, name, "", ""))
        for setting in settings:
            if form.comment and dice.random() < _COMMENTED:
                page.lines.append(form.comment + dice.choice(lines(str(data("reading/settings")["remarks"]))))
            value = Scope(dice, {"value": setting.values}).fill("{value}")
            page.lines.append(_written(form.line, name, spellings[setting], value))
            _ask(page, name, setting, value, chosen, dice)
        if form.kind == "config-json":
            page.lines[-1] = page.lines[-1].removesuffix(",")
        if form.foot:
            page.lines.append(_written(form.foot, name, "", ""))
        if form.section and name != names[-2] and dice.random() < 0.5:
            page.lines.append("")
    if form.kind == "config-json":
        page.lines[-1] = page.lines[-1].removesuffix(",")
    if form.tail:
        page.lines.append(form.tail)
    for setting in dice.sample(known, 4):
        _ask_in_vain(page, setting, names, chosen, dice)
    return page


def _ask(
    page: Page,
    name: str,
    setting: _Setting,
    value: str,
    chosen: Mapping[str, list[_Setting]],
    dice: random.Random,
) -> None:
    """Ask for the setting of the last line."""
    at = len(page.lines) - 1
    called = dice.choice(_sections()[name])
    only = sum(setting in settings for settings in chosen.values()) == 1
    forms = [form.replace("{of}", called) for form in setting.of]
    forms += setting.plain if only else ()
    page.answered += [Question(form, (called, name), at, value) for form in forms]


def _ask_in_vain(
    page: Page, setting: _Setting, names: list[str], chosen: Mapping[str, list[_Setting]], dice: random.Random
) -> None:
    lacking = [name for name in names if setting not in chosen.get(name, ())]
    if lacking:
        called = dice.choice(_sections()[dice.choice(lacking)])
        page.unanswered += [
            Question(form.replace("{of}", called), (called,), None, "", setting.keys[0])
            for form in setting.of
        ]
    if len(lacking) == len(names):
        page.unanswered += [Question(form, (), None, "", setting.keys[0]) for form in setting.plain]


def _written(form: str, section: str, key: str, value: str) -> str:
    plain = value.isdigit() or value in ("true", "false")
    parts = {
        "section": section,
        "SECTION": section.upper(),
        "key": key,
        "KEY": key.upper(),
        "camel": camel_case(key) if key else "",
        "dashed": key.replace("_", "-"),
        "value": value,
        "quoted": value if plain else json.dumps(value, ensure_ascii=False),
    }
    for name, part in parts.items():
        form = form.replace(f"{{{name}}}", part)
    return form


@cache
def _sections() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(text.split("|")) for name, text in data("reading/settings")["sections"].items()}


@cache
def _settings() -> tuple[_Setting, ...]:
    return tuple(
        _Setting(
            tuple(one["keys"].split()),
            one.get("family", one["keys"]),
            one["values"],
            lines(one["of"]),
            lines(one["plain"]),
        )
        for one in data("reading/settings")["setting"]
    )


@cache
def _families() -> tuple[tuple[_Setting, ...], ...]:
    """Settings that might be taken for each other stand together."""
    names = dict.fromkeys(setting.family for setting in _settings())
    return tuple(tuple(one for one in _settings() if one.family == name) for name in names)


@cache
def _forms() -> tuple[_Form, ...]:
    empty = {"head": "", "foot": "", "tail": "", "comment": ""}
    return tuple(_Form(**{**empty, **one}) for one in data("reading/settings")["form"])
