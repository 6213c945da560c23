"""What an earlier turn showed: listings, settings, failures and pages that a later turn can point at.

Invariant: values that belong together (a listing's rows, a setting's old and new value) are made at once, so
that they agree within one example.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.data_files import data, pairs_of, words_of
from training.generation.finders import Finder, together
from training.generation.pages import results

if TYPE_CHECKING:
    from training.generation.slots import Slots

_ROWS = "abcd"
_list = partial(words_of, "earlier")


def _folder(slots: "Slots") -> str:
    """A folder that the repository does not have."""
    dice = slots.dice
    made = (dice.choice(words("folders")), dice.choice(words("nouns")))
    folder = dice.choice((dice.choice(_list("folders")), "/".join(made), made[1]))
    tops = {path.partition("/")[0] for path in slots.world.files}
    return folder if folder.partition("/")[0] not in tops else f"{made[1]}_{made[0]}"


def _rows(slots: "Slots") -> dict[str, str]:
    """Four files of one kind, as a listing orders them."""
    dice = slots.dice
    pool = sorted({dice.choice((*_list("stems"), *words("nouns"))) for _ in range(30)})
    stems = dice.sample(pool, 4)
    ending = dice.choice(_list("endings"))
    names = sorted(f"{stem}.{ending}" for stem in stems)
    found = {"row_ending": ending.rpartition(".")[2]}
    for row, name in zip(_ROWS, names, strict=True):
        found |= {f"row_{row}": name, f"stem_{row}": name.removesuffix(f".{ending}")}
    return found


def _mixed_rows(slots: "Slots") -> dict[str, str]:
    """Four files of several kinds, as a listing orders them; the same name never twice."""
    dice = slots.dice
    pool = sorted({*_list("stems"), *words("nouns")})
    names = sorted(f"{stem}.{dice.choice(_list('endings'))}" for stem in dice.sample(pool, 4))
    found: dict[str, str] = {}
    for row, name in zip(_ROWS, names, strict=True):
        found |= {f"mix_{row}": name, f"kin_{row}": name.partition(".")[0]}
    return found


def _versions_of_a_file(slots: "Slots") -> dict[str, str]:
    dice = slots.dice
    form, first, last = dice.choice(data("earlier")["versions"])
    number = dice.randint(first, last)
    older, newer = form.format(number), form.format(number + 1)
    stem, ending, between = dice.choice(_list("stems")), dice.choice(_list("endings")), dice.choice("-_")
    return {
        "older": f"{stem}{between}{older}.{ending}",
        "newer": f"{stem}{between}{newer}.{ending}",
        "older_mark": older,
        "newer_mark": newer,
    }


def _conf(slots: "Slots") -> dict[str, str]:
    """A small configuration file with one number that is going to be another."""
    dice = slots.dice
    ending, form = dice.choice(data("earlier")["settings"])
    service = dice.choice(_list("services"))
    old = dice.choice((dice.randint(1000, 9999), dice.randint(101, 900)))
    new = old + dice.choice((1, 1, 2, 5, 10, 100, -1, -10))
    key = dice.choice(("port", *words("keys")))
    host = dice.choice(words("nouns"))
    quoted = ending in ("toml", "json")
    lines = [form.format(key, old), form.format("hostname", f'"{host}"' if quoted else host)]
    body = "{\n  " + ",\n  ".join(lines) + "\n}" if ending == "json" else "\n".join(lines)
    folder = dice.choice(("", f"{_folder(slots)}/"))
    return {
        "conf": f"{folder}{service}.{ending}",
        "conf_text": body,
        "conf_key": key,
        "conf_old": str(old),
        "conf_new": str(new),
        "conf_host": host,
        "conf_other_host": dice.choice([noun for noun in words("nouns") if noun not in (host, key)]),
    }


def _case(slots: "Slots") -> dict[str, str]:
    """A test that fails, one that passes, and the file that they are about."""
    dice = slots.dice
    noun, first, second = (dice.choice(words("nouns")) for _ in range(3))
    verb, other = dice.sample(words("verbs"), 2)
    folder = dice.choice(_list("test_folders"))
    old, new = dice.sample(range(1, 99), 2)
    return {
        "case_file": f"{folder}/test_{noun}.py",
        "case_source": f"{dice.choice(words('folders'))}/{noun}.py",
        "case": f"test_{verb}_{first}",
        "case_passing": f"test_{other}_{second}",
        "case_function": f"{verb}_{first}",
        "case_got": str(old),
        "case_expected": str(new),
    }


def _span(slots: "Slots") -> dict[str, str]:
    """Lines that were read from a long file, and the same number of lines after them."""
    dice = slots.dice
    size = dice.choice(data("earlier")["sizes"])
    first = dice.choice((1, 1, 1, size + 1))
    last = first + size - 1
    rows = [f"{number} {dice.choice(words('nouns'))}" for number in range(1, last + size + 12)]
    return {
        "span_first": str(first),
        "span_last": str(last),
        "span_size": str(size),
        "span_next": str(last + 1),
        "span_next_last": str(last + size),
        "span_text": "\n".join(rows),
    }


def _addresses(slots: "Slots") -> dict[str, str]:
    """The two pages that a search for ``topic`` lists."""
    found = re.findall(r"^https://\S+$", results(slots["topic"]), re.MULTILINE)
    return {"page_first": found[0], "page_second": found[1]}


def _command(slots: "Slots") -> dict[str, str]:
    wrong, right = slots.dice.choice(pairs_of("earlier", "misspelled"))
    return {"wrong_command": wrong, "right_command": right}


def _needle(slots: "Slots") -> dict[str, str]:
    """A name that stands in one file alone, what it is to be called, and another such name."""
    dice = slots.dice
    first, second, third, fourth = dice.sample(words("nouns"), 4)
    other = dice.choice((f"{third}_{fourth}", f"{fourth}{third.capitalize()}"))
    if dice.random() < 0.3:
        return {
            "needle": first + second.capitalize(),
            "needle_new": dice.choice((first + third.capitalize(), third)),
            "other_needle": other,
        }
    return {
        "needle": f"{first}_{second}",
        "needle_new": dice.choice((f"{first}_{third}", third)),
        "other_needle": other,
    }


def _version(slots: "Slots") -> dict[str, str]:
    major, minor, patch = (slots.dice.randint(0, 14) for _ in range(3))
    return {
        "release": f"{major}.{minor}.{patch}",
        "release_patch": f"{major}.{minor}.{patch + 1}",
        "release_minor": f"{major}.{minor + 1}.0",
        "release_major": f"{major + 1}.0.0",
    }


def _changes(slots: "Slots") -> dict[str, str]:
    """Files with uncommitted changes, in order; the last is the first where there is one alone."""
    found = sorted(slots.world.changed)
    return {"changed": slots.choose(found, "changed"), "changed_last": found[-1]}


def _only_change(slots: "Slots") -> str:
    return slots.choose(sorted(slots.world.changed) if len(slots.world.changed) == 1 else [], "only_change")


_GROUPS: tuple[tuple[Callable[["Slots"], Mapping[str, str]], str], ...] = (
    (_rows, "row_a row_b row_c row_d stem_a stem_b stem_c stem_d row_ending"),
    (_mixed_rows, "mix_a mix_b mix_c mix_d kin_a kin_b kin_c kin_d"),
    (_versions_of_a_file, "older newer older_mark newer_mark"),
    (_conf, "conf conf_text conf_key conf_old conf_new conf_host conf_other_host"),
    (_case, "case_file case_source case case_passing case_function case_got case_expected"),
    (_span, "span_first span_last span_size span_next span_next_last span_text"),
    (_addresses, "page_first page_second"),
    (_command, "wrong_command right_command"),
    (_needle, "needle needle_new other_needle"),
    (_version, "release release_patch release_minor release_major"),
    (_changes, "changed changed_last"),
)
FINDERS: Mapping[str, Finder] = {
    "shown_folder": _folder,
    "only_change": _only_change,
    **{name: find for make, names in _GROUPS for name, find in together(make, names.split()).items()},
}
NUMBERS = ("{span_first}", "{span_last}", "{span_next}", "{span_next_last}")
"""Slots that stand for a number where they are a whole argument."""
