"""What the slots of a request stand for: facts of one repository, the same wherever the request names them.

Invariant: a value is derived from the repository as it stands, so that a call built from it does what the
request says. A slot that this repository cannot fill raises Unfillable; another repository may.
"""

import random
import re
from collections.abc import Mapping
from functools import partial

from training.generation import (
    abroad,
    changes,
    commands,
    earlier,
    file_requests,
    made_up,
    searched,
    task_code,
    task_facts,
    task_records,
    task_tables,
    task_words,
    task_worlds,
)
from training.generation.catalogue import concepts, words
from training.generation.finders import Finder, Unfillable, by_dice, together
from training.generation.spelling import capitalised
from training.generation.worlds import Mistake, Setting, World

SLOT = re.compile(r"\{([a-z_0-9]+)\}")
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


class Slots:
    """Values by name, each found once. A name that ends in ``2`` or ``3`` is another value of its kind."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world: World = world
        self.dice: random.Random = dice
        self.values: dict[str, str] = {}
        """Found so far. Finders put here what belongs together."""
        self._setting: Setting | None = None

    def __getitem__(self, name: str) -> str:
        if name not in self.values:
            self.values[name] = self._found(name)
        return self.values[name]

    def fill(self, text: str) -> str:
        """The text with every slot filled. Other braces are left alone."""
        return SLOT.sub(lambda match: self[match[1]] if match[1] in KNOWN else match[0], text)

    def names_in(self, text: str) -> list[str]:
        """The slots of a text."""
        return [name for name in SLOT.findall(text) if name in KNOWN]

    def _found(self, name: str) -> str:
        base = name.rstrip("23")
        if base == name:
            return _FINDERS[name](self)
        taken = {value for other, value in self.values.items() if other.rstrip("23") == base}
        for _ in range(12):
            value = _FINDERS[base](self)
            if value not in taken:
                return value
        raise Unfillable(name)

    def choose(self, values: "list[str] | tuple[str, ...]", name: str) -> str:
        """One of them. Raises Unfillable where there is none."""
        if not values:
            raise Unfillable(name)
        return self.dice.choice(values)

    @property
    def setting(self) -> Setting:
        """The one line of configuration that this request is about."""
        if self._setting is None:
            if not self.world.settings:
                raise Unfillable("config")
            self._setting = self.dice.choice(self.world.settings)
        return self._setting

    @property
    def mistake(self) -> Mistake:
        """What is planted."""
        if self.world.mistake is None:
            raise Unfillable("broken_file")
        return self.world.mistake

    def text(self, slot: str = "file") -> str:
        """The file that a slot names, as it stands."""
        return self.world.now(self[slot])


def _file(slots: Slots) -> str:
    found = [path for path in slots.world.paths(*SOURCES) if slots.world.now(path)]
    return slots.choose(found, "file")


def _python_file(slots: Slots) -> str:
    found = [path for path in slots.world.paths("py") if not path.endswith("__init__.py")]
    return slots.choose([path for path in found if not path.startswith("tests/")], "python_file")


def _script(slots: Slots) -> str:
    found = [path for path in slots.world.paths("py") if slots.world.now(path).startswith('"""Say')]
    return slots.choose(found, "script")


def _test(slots: Slots) -> tuple[str, str]:
    if "test_file" in slots.values:
        mine = [test for test in slots.world.tests if test[0] == slots["test_file"]]
        return slots.dice.choice(mine)
    return slots.dice.choice(slots.world.tests)


def _folder(slots: Slots) -> str:
    found = {path.rpartition("/")[0] for path in slots.world.files}
    return slots.choose(sorted(found - {""}), "folder")


def _doc(slots: Slots) -> str:
    found = [path for path in slots.world.files if path in words("documents")]
    return slots.choose(found, "doc")


def _word(slots: Slots) -> str:
    """A name that stands in the repository, in one of several spellings."""
    path, name = slots.dice.choice(slots.world.symbols)
    part = slots.dice.choice((name, name, *name.split("_")))
    return part if len(part) > 3 and part in slots.world.now(path) else name


def _symbol(slots: Slots) -> str:
    return slots.dice.choice(slots.world.symbols)[1]


def _new_symbol(slots: Slots) -> str:
    return f"{slots.dice.choice(words('verbs'))}_{slots.dice.choice(words('nouns'))}"


def _file_of_symbol(slots: Slots) -> str:
    name = slots["symbol"]
    return next(path for path, known in slots.world.symbols if known == name)


def _unique_lines(slots: Slots, text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if 6 <= len(line) <= 60 and text.count(line) == 1 and "`" not in line]


def _line(slots: Slots) -> str:
    return slots.choose(_unique_lines(slots, slots.text()), "line")


def _line_new(slots: Slots) -> str:
    return _changed(slots["line"], slots.dice)


def _changed(line: str, dice: random.Random) -> str:
    """The line with a number or a word of it replaced."""
    numbers = re.findall(r"\d+", line)
    if numbers:
        old = dice.choice(numbers)
        return line.replace(old, str(int(old) + dice.choice((1, 2, 5, 10, 100))), 1)
    names = re.findall(r"[A-Za-z_]{4,}", line)
    if not names:
        raise Unfillable("line_new")
    return line.replace(dice.choice(names), dice.choice(words("nouns")), 1)


def _piece(slots: Slots) -> str:
    text = slots.text()
    found = sorted({piece for piece in _PIECE.findall(text) if text.count(piece) == 1})
    return slots.choose(found, "piece")


def _piece_new(slots: Slots) -> str:
    piece, dice = slots["piece"], slots.dice
    if piece.isdigit():
        return str(int(piece) + dice.choice((1, 5, 10, 50, 100)))
    word = dice.choice(words("nouns"))
    if piece.startswith('"'):
        return f'"{word}"'
    return (
        capitalised(word)
        if piece[0].isupper()
        else dice.choice((word, f"{word}_{dice.choice(words('nouns'))}"))
    )


def _near_line(slots: Slots) -> str:
    near = re.sub(r"\s+", "  ", slots["line"]) if " " in slots["line"] else slots["line"] + ";"
    if near in slots.text():
        raise Unfillable("near_line")
    return near


def _span(slots: Slots) -> dict[str, str]:
    """Lines of the file that a request may ask for: at most 30 of them."""
    count = max(2, len(slots.text().splitlines()))
    start = slots.dice.randint(1, max(1, count - 2))
    return {"start": str(start), "end": str(min(count, start + slots.dice.randint(1, 30)))}


def _count(slots: Slots) -> str:
    return str(slots.dice.choice((1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50)))


def _glob(slots: Slots) -> str:
    endings = sorted(
        {path.rpartition(".")[2] for path in slots.world.files if "." in path.rpartition("/")[2][1:]}
    )
    ending = slots.dice.choice(endings)
    return slots.dice.choice((f"*.{ending}", f"*.{ending}", f"**/*.{ending}", f"test_*.{ending}"))


def _filename(slots: Slots) -> str:
    return slots["file"].rpartition("/")[2]


def _missing_file(slots: Slots) -> str:
    folder, _, name = slots["file"].rpartition("/")
    stem, _, ending = name.rpartition(".")
    other = slots.dice.choice((f"{stem}s.{ending}", f"{stem}_old.{ending}", f"{stem[:-1]}.{ending}"))
    path = f"{folder}/{other}" if folder else other
    if path in slots.world.files or not stem[:-1]:
        raise Unfillable("missing_file")
    return path


def _wrong_folder_file(slots: Slots) -> str:
    path = f"{slots.dice.choice(words('folders'))}/{slots['filename']}"
    if path in slots.world.files:
        raise Unfillable("wrong_folder_file")
    return path


def _new_name(slots: Slots, *endings: str) -> str:
    dice = slots.dice
    folder = dice.choice(("", "", f"{dice.choice(words('folders'))}/", f"{slots['folder']}/"))
    stem = dice.choice(
        (dice.choice(words("nouns")), f"{dice.choice(words('nouns'))}_{dice.choice(words('nouns'))}")
    )
    path = f"{folder}{stem}.{dice.choice(endings)}"
    if path in slots.world.files:
        raise Unfillable("new_file")
    return path


def _new_folder(slots: Slots) -> str:
    dice = slots.dice
    return dice.choice(
        (dice.choice(words("nouns")), f"{dice.choice(words('folders'))}/{dice.choice(words('nouns'))}")
    )


def _json(slots: Slots) -> str:
    key, word = slots.dice.choice(words("keys")), slots.dice.choice(words("nouns"))
    number = slots.dice.randint(1, 99)
    return slots.dice.choice(
        (f'{{"{key}": {number}}}', f'{{"{key}": "{word}"}}', f'{{"{key}": true, "{word}": {number}}}')
    )


def _code_line(slots: Slots) -> str:
    dice = slots.dice
    word, other, number = dice.choice(words("nouns")), dice.choice(words("nouns")), dice.randint(1, 99)
    return dice.choice(
        (
            f"print('{word}')",
            f"{word.upper()} = {number}",
            f"def {word}(): return {number}",
            f"import {dice.choice(('os', 'sys', 'json', 'math', 're'))}",
            f"{word} = ['{other}', '{word}']",
            f"const {word} = {number};",
            f'echo "{word} {other}"',
        )
    )


def _calculation(slots: Slots) -> str:
    dice = slots.dice
    a, b, c = dice.randint(2, 999), dice.randint(2, 99), dice.randint(2, 20)
    return dice.choice(
        (
            f"{a} * {b}",
            f"{a} + {b} * {c}",
            f"{a} / {c}",
            f"{a} - {b}",
            f"({a} + {b}) / {c}",
            f"{c} ** {c % 7 + 2}",
        )
    )


def _small_sum(slots: Slots) -> str:
    return f"{slots.dice.randint(1, 12)} + {slots.dice.randint(1, 12)}"


def _new_heading(slots: Slots) -> str:
    return "## " + slots.dice.choice(
        [one for one in words("headings") if f"## {one}\n" not in slots.text("doc")]
    )


def _heading(slots: Slots) -> str:
    found = [line for line in slots.text("doc").splitlines() if line.startswith("## ")]
    return slots.choose(found, "heading")


def _constant(slots: Slots) -> tuple[str, str]:
    """``(NAME, value)`` of the file, which is then a Python file."""
    if "file" not in slots.values:
        slots.values["file"] = slots["python_file"]
    found = re.match(r"([A-Z_]+) = (\d+)\n", slots.text())
    if found is None:
        raise Unfillable("constant")
    return found[1], found[2]


def _regex(slots: Slots) -> str:
    symbol = slots["symbol"]
    head = symbol.partition("_")[0]
    return slots.dice.choice(
        (rf"{head}_\w+", rf"^def {head}", r"TODO|FIXME", rf"{symbol}\(", r"[A-Z]{3,}_[A-Z]+", r"\d{3,}")
    )


def _error_text(slots: Slots) -> str:
    word = slots.dice.choice(words("nouns"))
    return slots.dice.choice(
        (
            f"KeyError: '{word}'",
            "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
            f"ModuleNotFoundError: No module named '{word}'",
            f"error[E0382]: borrow of moved value: `{word}`",
            f"undefined: {word}",
            f"npm ERR! missing script: {word}",
            "Segmentation fault (core dumped)",
            f"fatal: couldn't find remote ref {word}",
        )
    )


def _moved_file(slots: Slots) -> str:
    folder, name = slots.dice.choice(words("folders")), slots["file"].rpartition("/")[2]
    return slots.dice.choice((f"{folder}/{name}", f"old_{name}", f"{slots['file']}.bak"))


def _from_words(name: str) -> Finder:
    return lambda slots: slots.dice.choice(words(name))


def _made_up(kind: str) -> Finder:
    return by_dice(partial(made_up.make, kind))


_FINDERS: Mapping[str, Finder] = {
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
    "new_symbol": _new_symbol,
    "line": _line,
    "line_new": _line_new,
    "piece": _piece,
    "piece_new": _piece_new,
    "near_line": _near_line,
    **together(_span, ("start", "end")),
    "count": _count,
    "glob": _glob,
    "filename": _filename,
    "missing_file": _missing_file,
    "wrong_folder_file": _wrong_folder_file,
    "broken_file": lambda slots: slots.mistake.path,
    "broken_symbol": lambda slots: slots.mistake.function,
    "broken_line": lambda slots: slots.mistake.line,
    "fixed_line": lambda slots: slots.mistake.right_line,
    "broken_test": lambda slots: slots.mistake.test,
    "new_file": lambda slots: _new_name(slots, "txt", "md", "txt", "log", "csv"),
    "new_folder": _new_folder,
    "new_code": lambda slots: _new_name(slots, "py", "js", "sh", "ts", "rb"),
    "new_json": lambda slots: _new_name(slots, "json"),
    "json": _json,
    "code_line": _code_line,
    "sentence": _made_up("sentence"),
    "moved_file": _moved_file,
    "ignored": _from_words("ignored"),
    "command": _made_up("command"),
    "pipeline": _from_words("pipelines"),
    "expression": _from_words("expressions"),
    "calculation": _calculation,
    "snippet": _made_up("snippet"),
    "small_sum": _small_sum,
    "concept": lambda slots: slots.dice.choice(concepts())[0],
    "url": _made_up("url"),
    "topic": _made_up("topic"),
    "one_or_other": _from_words("choices"),
    "documented": _from_words("documented"),
    "heading": _heading,
    "heading_new": _new_heading,
    "constant": lambda slots: _constant(slots)[0],
    "fact": lambda slots: _constant(slots)[1],
    "regex": _regex,
    "error_text": _error_text,
    **earlier.FINDERS,
    **changes.FINDERS,
    **abroad.FINDERS,
    **file_requests.FINDERS,
    **searched.FINDERS,
    **commands.FINDERS,
    **task_facts.FINDERS,
    **task_tables.FINDERS,
    **task_words.FINDERS,
    **task_code.FINDERS,
    **task_records.FINDERS,
    **task_worlds.FINDERS,
}
KNOWN = frozenset(_FINDERS) | {f"{name}{digit}" for name in _FINDERS for digit in "23"}
