"""What stands in a repository, for the slots of a request: its files, names, lines, tests and settings.

Invariant: a value is taken from the repository as it is, so that a call built from it does what the request
says.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.finders import Finder, Unfillable, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

SOURCES = (
    "py",
    "js",
    "ts",
    "tsx",
    "go",
    "rs",
    "java",
    "kt",
    "rb",
    "c",
    "h",
    "cpp",
    "php",
    "swift",
    "cs",
    "sh",
    "sql",
)
_PIECE = re.compile(r"[A-Za-z_][A-Za-z_0-9.]{3,28}|\"[^\"\n]{3,24}\"|\b\d{2,4}\b")


def _file(slots: "Slots") -> str:
    found = [path for path in slots.world.paths(*SOURCES) if slots.world.now(path)]
    return slots.choose(found, "file")


def _python_file(slots: "Slots") -> str:
    found = [path for path in slots.world.paths("py") if not path.endswith("__init__.py")]
    return slots.choose([path for path in found if not path.startswith("tests/")], "python_file")


def _script(slots: "Slots") -> str:
    found = [path for path in slots.world.paths("py") if slots.world.now(path).startswith('"""Say')]
    return slots.choose(found, "script")


def _test(slots: "Slots") -> tuple[str, str]:
    if "test_file" in slots.values:
        mine = [test for test in slots.world.tests if test[0] == slots["test_file"]]
        return slots.dice.choice(mine)
    return slots.dice.choice(slots.world.tests)


def _folder(slots: "Slots") -> str:
    found = {path.rpartition("/")[0] for path in slots.world.files}
    return slots.choose(sorted(found - {""}), "folder")


def _doc(slots: "Slots") -> str:
    found = [path for path in slots.world.files if path in words("documents")]
    return slots.choose(found, "doc")


def _word(slots: "Slots") -> str:
    """A name that stands in the repository, in one of several spellings."""
    path, name = slots.dice.choice(slots.world.symbols)
    part = slots.dice.choice((name, name, *name.split("_")))
    return part if len(part) > 3 and part in slots.world.now(path) else name


def _symbol(slots: "Slots") -> str:
    return slots.dice.choice(slots.world.symbols)[1]


def _file_of_symbol(slots: "Slots") -> str:
    name = slots["symbol"]
    return next(path for path, known in slots.world.symbols if known == name)


def _unique_lines(slots: "Slots", text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if 6 <= len(line) <= 60 and text.count(line) == 1 and "`" not in line]


def _line(slots: "Slots") -> str:
    return slots.choose(_unique_lines(slots, slots.text()), "line")


def _piece(slots: "Slots") -> str:
    text = slots.text()
    found = sorted({piece for piece in _PIECE.findall(text) if text.count(piece) == 1})
    return slots.choose(found, "piece")


def _span(slots: "Slots") -> dict[str, str]:
    """Lines of the file that a request may ask for: at most 30 of them."""
    count = max(2, len(slots.text().splitlines()))
    start = slots.dice.randint(1, max(1, count - 2))
    return {"start": str(start), "end": str(min(count, start + slots.dice.randint(1, 30)))}


def _glob(slots: "Slots") -> str:
    endings = sorted(
        {path.rpartition(".")[2] for path in slots.world.files if "." in path.rpartition("/")[2][1:]}
    )
    ending = slots.dice.choice(endings)
    return slots.dice.choice((f"*.{ending}", f"*.{ending}", f"**/*.{ending}", f"test_*.{ending}"))


def _filename(slots: "Slots") -> str:
    return slots["file"].rpartition("/")[2]


def _heading(slots: "Slots") -> str:
    found = [line for line in slots.text("doc").splitlines() if line.startswith("## ")]
    return slots.choose(found, "heading")


def _constant(slots: "Slots") -> tuple[str, str]:
    """``(NAME, value)`` of the file, which is then a Python file."""
    if "file" not in slots.values:
        slots.values["file"] = slots["python_file"]
    found = re.match(r"([A-Z_]+) = (\d+)\n", slots.text())
    if found is None:
        raise Unfillable("constant")
    return found[1], found[2]


FINDERS: Mapping[str, Finder] = {
    "file": _file,
    "python_file": _python_file,
    "script": _script,
    "test_file": lambda slots: _test(slots)[0],
    "test_name": lambda slots: (slots["test_file"], _test(slots)[1])[1],
    "test_folder": lambda slots: "tests",
    "folder": _folder,
    "doc": _doc,
    "config": lambda slots: slots.setting.path,
    "key": lambda slots: slots.setting.key,
    "value": lambda slots: slots.setting.value,
    "new_value": lambda slots: slots.setting.other_value,
    "setting_old": lambda slots: slots.setting.line,
    "setting_new": lambda slots: slots.setting.other_line,
    "word": _word,
    "symbol": _symbol,
    "symbol_file": _file_of_symbol,
    "line": _line,
    "piece": _piece,
    **together(_span, ("start", "end")),
    "glob": _glob,
    "filename": _filename,
    "broken_file": lambda slots: slots.mistake.path,
    "broken_symbol": lambda slots: slots.mistake.function,
    "broken_line": lambda slots: slots.mistake.line,
    "fixed_line": lambda slots: slots.mistake.right_line,
    "broken_test": lambda slots: slots.mistake.test,
    "heading": _heading,
    "constant": lambda slots: _constant(slots)[0],
    "fact": lambda slots: _constant(slots)[1],
}
