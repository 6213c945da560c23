"""What is not in a repository, for the slots of a request: new names, changed lines, commands, other texts.

Invariant: what a request says is new, missing or changed differs from what stands there.
"""

import random
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from training.generation import made_up
from training.generation.catalogue import concepts, words
from training.generation.finders import Finder, Unfillable, by_dice
from training.generation.spelling import capitalised

if TYPE_CHECKING:
    from training.generation.slots import Slots


def _new_symbol(slots: "Slots") -> str:
    return f"{slots.dice.choice(words('verbs'))}_{slots.dice.choice(words('nouns'))}"


def _line_new(slots: "Slots") -> str:
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


def _piece_new(slots: "Slots") -> str:
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


def _near_line(slots: "Slots") -> str:
    near = re.sub(r"\s+", "  ", slots["line"]) if " " in slots["line"] else slots["line"] + ";"
    if near in slots.text():
        raise Unfillable("near_line")
    return near


def _count(slots: "Slots") -> str:
    return str(slots.dice.choice((1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50)))


def _missing_file(slots: "Slots") -> str:
    folder, _, name = slots["file"].rpartition("/")
    stem, _, ending = name.rpartition(".")
    other = slots.dice.choice((f"{stem}s.{ending}", f"{stem}_old.{ending}", f"{stem[:-1]}.{ending}"))
    path = f"{folder}/{other}" if folder else other
    if path in slots.world.files or not stem[:-1]:
        raise Unfillable("missing_file")
    return path


def _wrong_folder_file(slots: "Slots") -> str:
    path = f"{slots.dice.choice(words('folders'))}/{slots['filename']}"
    if path in slots.world.files:
        raise Unfillable("wrong_folder_file")
    return path


def _new_name(slots: "Slots", *endings: str) -> str:
    dice = slots.dice
    folder = dice.choice(("", "", f"{dice.choice(words('folders'))}/", f"{slots['folder']}/"))
    stem = dice.choice(
        (dice.choice(words("nouns")), f"{dice.choice(words('nouns'))}_{dice.choice(words('nouns'))}")
    )
    path = f"{folder}{stem}.{dice.choice(endings)}"
    if path in slots.world.files:
        raise Unfillable("new_file")
    return path


def _new_folder(slots: "Slots") -> str:
    dice = slots.dice
    return dice.choice(
        (dice.choice(words("nouns")), f"{dice.choice(words('folders'))}/{dice.choice(words('nouns'))}")
    )


def _json(slots: "Slots") -> str:
    key, word = slots.dice.choice(words("keys")), slots.dice.choice(words("nouns"))
    number = slots.dice.randint(1, 99)
    return slots.dice.choice(
        (f'{{"{key}": {number}}}', f'{{"{key}": "{word}"}}', f'{{"{key}": true, "{word}": {number}}}')
    )


def _code_line(slots: "Slots") -> str:
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


def _calculation(slots: "Slots") -> str:
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


def _small_sum(slots: "Slots") -> str:
    return f"{slots.dice.randint(1, 12)} + {slots.dice.randint(1, 12)}"


def _new_heading(slots: "Slots") -> str:
    return "## " + slots.dice.choice(
        [one for one in words("headings") if f"## {one}\n" not in slots.text("doc")]
    )


def _regex(slots: "Slots") -> str:
    symbol = slots["symbol"]
    head = symbol.partition("_")[0]
    return slots.dice.choice(
        (rf"{head}_\w+", rf"^def {head}", r"TODO|FIXME", rf"{symbol}\(", r"[A-Z]{3,}_[A-Z]+", r"\d{3,}")
    )


def _error_text(slots: "Slots") -> str:
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


def _moved_file(slots: "Slots") -> str:
    folder, name = slots.dice.choice(words("folders")), slots["file"].rpartition("/")[2]
    return slots.dice.choice((f"{folder}/{name}", f"old_{name}", f"{slots['file']}.bak"))


def _from_words(name: str) -> Finder:
    return lambda slots: slots.dice.choice(words(name))


def _made_up(kind: str) -> Finder:
    return by_dice(partial(made_up.make, kind))


FINDERS: Mapping[str, Finder] = {
    "new_symbol": _new_symbol,
    "line_new": _line_new,
    "piece_new": _piece_new,
    "near_line": _near_line,
    "count": _count,
    "missing_file": _missing_file,
    "wrong_folder_file": _wrong_folder_file,
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
    "heading_new": _new_heading,
    "regex": _regex,
    "error_text": _error_text,
}
