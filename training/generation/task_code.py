"""Small modules to run, and the same with a mistake and a test that finds it.

Invariant: the values of one prefix belong together; ``bug_line`` stands once in ``bug_text``, and with
``bug_fixed`` in its place the test passes.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from training.generation.catalogue import words
from training.generation.data_files import data, lines_of, words_of
from training.generation.finders import Finder, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

_NUMBER = re.compile(r"<([A-D])>")
_code = partial(data, "task_code")
_words = partial(words_of, "task_code")


def _filled(text: str, numbers: Mapping[str, int]) -> str:
    return _NUMBER.sub(lambda match: str(numbers[match[1]]), text)


def _numbers(dice: random.Random) -> dict[str, int]:
    return dict(zip("ABCD", dice.sample(range(2, 31), 4), strict=True))


def _result(code: str, call: str) -> str:
    """What the call gives, as Python writes it. The code is that of ``task_code.toml``."""
    names: dict[str, Any] = {}
    exec(code, names)
    return repr(eval(call, names))


def _call(call: str, numbers: Mapping[str, int]) -> str:
    """The call with its sums worked out."""
    filled = _filled(call, numbers)
    return re.sub(r"(\d+) ([+*]) (\d+)", lambda sum_: _result("", sum_[0]), filled)


def _module(slots: "Slots") -> dict[str, str]:
    """A module in a folder, and a call of its function."""
    dice = slots.dice
    form = dice.choice(_code()["function"])
    numbers = _numbers(dice)
    code, call = _filled(form["code"], numbers), _call(form["call"], numbers)
    name, _, arguments = call.partition("(")
    return {
        "calc_folder": dice.choice(_words("files", "module_folders")),
        "calc_stem": dice.choice(form["module"].split()),
        "calc_name": name,
        "calc_given": arguments.removesuffix(")"),
        "calc_text": code + "\n",
        "calc_result": _result(code + "\nprinted = str(" + call + ")", "printed")[1:-1],
    }


def _mistake(slots: "Slots") -> dict[str, str]:
    """A module with a mistake, and a test of it that fails."""
    dice = slots.dice
    while True:
        form = dice.choice(_code()["function"])
        numbers = _numbers(dice)
        right, call = _filled(form["code"], numbers), _call(form["call"], numbers)
        wrong = _filled(form["wrong"], numbers)
        fixed = _line_for(right, wrong)
        broken = right.replace(fixed, wrong)
        expected = _result(right, call)
        if expected != _result(broken, call) and broken.count(wrong) == 1:
            break
    stem = dice.choice(form["module"].split())
    name = call.partition("(")[0]
    broken = _with_another(broken, wrong, name, dice)
    test = (
        f"import unittest\n\nfrom {stem} import {name}\n\n\nclass Tests(unittest.TestCase):\n"
        f"    def test_{name}(self):\n        self.assertEqual({call}, {expected})\n"
    )
    return {
        "bug_stem": stem,
        "bug_path": f"{stem}.py",
        "bug_text": broken + "\n",
        "bug_line": wrong,
        "bug_fixed": fixed,
        "bug_name": name,
        "bug_call": call,
        "bug_expected": expected,
        "bug_test": f"tests/test_{stem}.py",
        "bug_test_text": test,
    }


def _with_another(code: str, line: str, name: str, dice: random.Random) -> str:
    """The module, half of the time with a function more that has nothing to do with the mistake."""
    other = dice.choice(_code()["function"])
    text = _filled(other["code"], _numbers(dice))
    clash = f"def {name}(" in text or line in text or text.split(" = ")[0] in code or "\n\n\n" in text
    return code if clash or dice.random() < 0.5 else f"{code}\n\n\n{text}"


def _line_for(right: str, wrong: str) -> str:
    """The line of the right code that is most like the wrong one."""
    lines = [line.strip() for line in right.splitlines() if line.strip() and not line.startswith("def ")]
    same = [line for line in lines if line.split()[:1] == wrong.split()[:1]]
    return max(same, key=lambda line: len(set(line.split()) & set(wrong.split())))


def _script(slots: "Slots") -> dict[str, str]:
    dice = slots.dice
    line = dice.choice(lines_of("task_code", "scripts", "lines"))
    numbers = {"A": dice.randint(2, 900), "B": dice.randint(2, 90)}
    stem = dice.choice(_words("scripts", "stems"))
    line = _filled(line, numbers).replace("<W>", dice.choice(words("nouns")))
    return {
        "shell_path": f"{dice.choice(_code()['scripts']['folders'])}{stem}.sh",
        "shell_text": f"#!/bin/sh\n{line}\n",
    }


def _marks(slots: "Slots") -> dict[str, str]:
    """A list in which some lines have a mark, and how many."""
    dice = slots.dice
    listed = _code()["marks"]
    mark = dice.choice(_words("marks", "sought"))
    other = dice.choice([one for one in _words("marks", "others") if one != mark])
    count = dice.randint(1, 4)
    items = dice.sample(words("nouns"), count + dice.randint(1, 4))
    states = [mark] * count + [other] * (len(items) - count)
    dice.shuffle(states)
    sign = dice.choice(listed["signs"])
    stem = dice.choice(_words("marks", "stems"))
    return {
        "mark_word": mark,
        "mark_path": f"{dice.choice(listed['folders'])}{stem}.{dice.choice(_words('marks', 'endings'))}",
        "mark_count": str(count),
        "mark_text": "".join(f"{item}{sign}{state}\n" for item, state in zip(items, states, strict=True)),
    }


def _knob(slots: "Slots") -> dict[str, str]:
    """A number that decides something, in a file that does not give it a name."""
    dice = slots.dice
    knob = dice.choice(data("task_knobs")["knob"])
    numbers = [str(one) for one in range(11, 990) if str(one) not in knob["code"]]
    value, new = dice.sample(numbers, 2)
    before, word, after = knob["what"].split("*")
    asked_before, _, asked_after = knob["ask"].split("*")
    line = next(line.strip() for line in knob["code"].splitlines() if "<V>" in line)
    return {
        "knob_path": dice.choice(_code()["files"]["knob_folders"]) + knob["file"],
        "knob_text": knob["code"].replace("<V>", value) + "\n",
        "knob_line": line.replace("<V>", value),
        "knob_fixed": line.replace("<V>", new),
        "knob_before": before,
        "knob_word": word,
        "knob_after": after,
        "knob_asked": knob["ask"].replace("*", ""),
        "knob_start": asked_before,
        "knob_finish": asked_after,
        "knob_what": before + word + after,
        "knob_value": value,
        "knob_new": new,
    }


_GROUPS: Mapping[Callable[["Slots"], Mapping[str, str]], str] = {
    _module: "calc_folder calc_stem calc_name calc_given calc_text calc_result",
    _mistake: (
        "bug_stem bug_path bug_text bug_line bug_fixed bug_name bug_call bug_expected bug_test bug_test_text"
    ),
    _script: "shell_path shell_text",
    _knob: (
        "knob_path knob_text knob_line knob_fixed knob_before knob_word knob_after knob_what"
        " knob_value knob_new knob_asked knob_start knob_finish"
    ),
    _marks: "mark_word mark_path mark_count mark_text",
}
FINDERS: Mapping[str, Finder] = {
    name: find for make, names in _GROUPS.items() for name, find in together(make, names.split()).items()
}
