"""Small repositories that requests are about, in several languages, in memory.

Invariant: the same seed gives the same files. Every Python function in them is right but one at most, whose
mistake a test of the repository finds; its tests run with the standard library alone.
"""

import json
import random
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from training.generation.catalogue import Function, SourceForm, functions, source_forms, words
from training.generation.spelling import camel_case, capitalised


@dataclass(frozen=True)
class Setting:
    """A line of a configuration file: as it stands, and as it would stand with another value."""

    path: str
    key: str
    value: str
    line: str
    other_value: str
    other_line: str


@dataclass(frozen=True)
class Mistake:
    """What is planted in one Python file, and the test that fails because of it."""

    path: str
    function: str
    line: str
    right_line: str
    test: str


@dataclass(frozen=True)
class World:
    """``files`` by path; ``changed`` are files as they stand uncommitted."""

    files: Mapping[str, str]
    changed: Mapping[str, str]
    settings: tuple[Setting, ...]
    symbols: tuple[tuple[str, str], ...]
    """``(path, name)`` of functions that are defined once."""
    tests: tuple[tuple[str, str], ...]
    """``(path, name)`` of tests."""
    mistake: Mistake | None = None

    def now(self, path: str) -> str:
        """The file as it stands."""
        return self.changed.get(path, self.files[path])

    def paths(self, *extensions: str) -> list[str]:
        """Paths with one of the extensions, in order; all without any."""
        return [path for path in self.files if not extensions or path.rpartition(".")[2] in extensions]


@dataclass
class _Building:
    dice: random.Random
    files: dict[str, str] = field(default_factory=dict)
    settings: list[Setting] = field(default_factory=list)
    symbols: list[tuple[str, str]] = field(default_factory=list)
    tests: list[tuple[str, str]] = field(default_factory=list)
    mistake: Mistake | None = None

    def path(self, extension: str, folder: str = "") -> str:
        """A path that is not taken."""
        while True:
            dice = self.dice
            name = dice.choice(words("nouns"))
            if dice.random() < 0.3:
                name = dice.choice(
                    (f"{dice.choice(words('verbs'))}_{name}", f"{name}_{dice.choice(words('nouns'))}")
                )
            if extension in ("java", "kt", "swift", "cs", "tsx", "vue"):
                name = capitalised(name)
            elif extension in ("js", "ts", "css", "html") and dice.random() < 0.5:
                name = name.replace("_", "-")
            path = f"{folder}/{name}.{extension}" if folder else f"{name}.{extension}"
            if path not in self.files:
                return path

    def folder(self) -> str:
        """None, one or two levels."""
        depth = self.dice.choices((0, 1, 2), (1, 5, 3))[0]
        return "/".join(self.dice.sample(words("folders"), depth))


@lru_cache(maxsize=64)
def make_world(seed: int) -> World:
    """A repository of some twenty files; the same object while it is in use, so that it is laid out once."""
    building = _Building(random.Random(f"world/{seed}"))
    dice = building.dice
    _add_python(building)
    for form in dice.sample(source_forms(), 5):
        for _ in range(dice.choice((1, 1, 2))):
            _add_source(building, form)
    _add_documents(building)
    _add_settings(building)
    changed = _change(building)
    return World(
        building.files,
        changed,
        tuple(building.settings),
        tuple(building.symbols),
        tuple(building.tests),
        building.mistake,
    )


def _add_python(building: _Building) -> None:
    dice = building.dice
    some = dice.sample(functions(), 8)
    package = dice.choice(words("folders"))
    wrong = dice.choice(some) if dice.random() < 0.6 else None
    for group in (some[:3], some[3:6], some[6:]):
        path = building.path("py", package)
        building.files[path] = _module(group, wrong, dice)
        building.symbols += [(path, one.name) for one in group]
        test = f"tests/test_{path.rpartition('/')[2]}"
        building.files[test] = _tests(group, path)
        building.tests += [(test, f"test_{one.name}") for one in group]
        if wrong in group:
            building.mistake = Mistake(path, wrong.name, wrong.mistake, wrong.line, test)
    building.files[f"{package}/__init__.py"] = ""
    building.files["tests/__init__.py"] = ""
    script = building.path("py", dice.choice(("", "scripts", "bin")))
    said = dice.choice(words("sentences"))
    building.files[script] = f'"""Say what there is to say."""\n\nprint({said!r})\n'


def _module(group: list[Function], wrong: Function | None, dice: random.Random) -> str:
    constant = dice.choice(words("constants"))
    parts = [f"{constant} = {dice.randint(1, 99) * dice.choice((1, 5, 10, 100))}\n"]
    for one in group:
        body = one.body.replace(one.line, one.mistake) if one is wrong else one.body
        header = f'def {one.name}({one.parameters}):\n    """{one.doc}"""\n'
        parts.append(header + textwrap.indent(body, "    ") + "\n")
    if dice.random() < 0.5:
        parts.append(f"# TODO: {dice.choice(words('verbs'))} the {dice.choice(words('nouns'))}\n")
    return "\n\n".join(parts)


def _tests(group: list[Function], path: str) -> str:
    module = path.removesuffix(".py").replace("/", ".")
    names = ", ".join(one.name for one in group)
    text = f"import unittest\n\nfrom {module} import {names}\n\n\nclass Tests(unittest.TestCase):\n"
    for one in group:
        checks = "".join(f"        self.assertTrue({check})\n" for check in one.checks)
        text += f"    def test_{one.name}(self):\n{checks}\n"
    return text.rstrip("\n") + "\n"


def _add_source(building: _Building, form: SourceForm) -> None:
    dice = building.dice
    path = building.path(form.extension, building.folder())
    pieces = dice.choice((2, 3, 4, 6, 30))
    made = [_piece(form.head, path, dice)[0]]
    for _ in range(pieces):
        text, name = _piece(form.piece, path, dice)
        made.append(text)
        if name in text and form.language not in ("data", "log"):
            building.symbols.append((path, name))
    building.files[path] = "".join(made) + _piece(form.tail, path, dice)[0]


def _piece(form: str, path: str, dice: random.Random) -> tuple[str, str]:
    name = f"{dice.choice(words('verbs'))}_{dice.choice(words('nouns'))}"
    module = path.rpartition("/")[2].partition(".")[0].lower().replace("-", "")
    forms = {
        "name": name,
        "camel": camel_case(name),
        "Name": capitalised(name),
        "Camel": capitalised(name),
        "dashed": name.replace("_", "-"),
    }
    for slot, value in {**forms, "module": module, "number": str(dice.randint(2, 60))}.items():
        form = form.replace("{" + slot + "}", value)
    used = next((forms[key] for key in ("name", "camel", "Name", "dashed") if forms[key] in form), name)
    return form, used


def _add_documents(building: _Building) -> None:
    dice = building.dice
    for path in ("README.md", *dice.sample(words("documents")[1:], 4)):
        parts = [f"# {dice.choice(words('nouns')).capitalize()} {dice.choice(words('nouns'))}\n"]
        for heading in dice.sample(words("headings"), 3):
            parts.append(f"## {heading}\n\n{dice.choice(words('sentences')).capitalize()}.\n")
        building.files[path] = "\n".join(parts)


def _add_settings(building: _Building) -> None:
    dice = building.dice
    names = (
        "config.toml",
        "settings.yaml",
        "config/app.json",
        ".env",
        "setup.cfg",
        "config/local.ini",
        "app.yml",
    )
    for path in dice.sample(names, 3):
        chosen = [key.upper() if path == ".env" else key for key in dice.sample(words("keys"), 5)]
        values = [_value(dice) for _ in chosen]
        building.files[path] = _written(path, chosen, values)
        for key, value in zip(chosen, values, strict=True):
            other = _value(dice)
            line, other_line = _setting_line(path, key, value), _setting_line(path, key, other)
            if other != value and building.files[path].count(line) == 1:
                building.settings.append(Setting(path, key, value, line, other, other_line))


def _value(dice: random.Random) -> str:
    word = dice.choice(words("nouns"))
    return dice.choice((str(dice.randint(1, 9000)), str(dice.randint(1, 64)), "true", "false", word))


def _setting_line(path: str, key: str, value: str) -> str:
    plain = value.isdigit() or value in ("true", "false")
    if path.endswith(".json"):
        return f'"{key}": {value if plain else json.dumps(value)}'
    if path.endswith((".yaml", ".yml")):
        return f"{key}: {value}"
    if path.endswith(".env"):
        return f"{key}={value}"
    return f"{key} = {value if plain or not path.endswith('.toml') else json.dumps(value)}"


def _written(path: str, keys: list[str], values: list[str]) -> str:
    lines = [_setting_line(path, key, value) for key, value in zip(keys, values, strict=True)]
    if path.endswith(".json"):
        return "{\n  " + ",\n  ".join(lines) + "\n}\n"
    if path.endswith((".cfg", ".ini")):
        return "[main]\n" + "\n".join(lines) + "\n"
    return "\n".join(lines) + "\n"


def _change(building: _Building) -> dict[str, str]:
    """One or two files with a line added, for what looks at changes; often none."""
    dice = building.dice
    if dice.random() < 0.4:
        return {}
    texts = [path for path in building.files if path.endswith((".md", ".txt"))]
    paths = dice.sample(texts, min(dice.choice((1, 2)), len(texts)))
    return {path: building.files[path] + f"\n{dice.choice(words('sentences'))}\n" for path in paths}
