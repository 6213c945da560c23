"""Slots of whole tasks that stand alone: people, dates, numbers, releases, names of packages and services.

Names here do not end in a digit, so that ``some_person2`` is another person.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial

from training.generation.catalogue import words
from training.generation.facts import date, day, listed, person
from training.generation.finders import Finder, by_dice


def _release(dice: random.Random) -> str:
    return ".".join(str(dice.randint(0, 19)) for _ in range(3))


def _iso_date(dice: random.Random) -> str:
    return f"20{dice.randint(19, 29)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


def _result_file(dice: random.Random) -> str:
    return listed("result_folders", dice) + dice.choice(words("nouns")) + listed("result_endings", dice)


def _chore(dice: random.Random) -> str:
    return f"{dice.choice(words('verbs'))} the {dice.choice(words('nouns'))}"


def _number(low: int, high: int) -> Callable[[random.Random], str]:
    """Both ends included."""
    return lambda dice: str(dice.randint(low, high))


_MAKERS: Mapping[str, Callable[[random.Random], str]] = {
    "some_release": _release,
    "some_person": person,
    "some_day": day,
    "some_date": date,
    "some_number": _number(2, 999),
    "some_chore": _chore,
    "some_port": _number(1024, 9999),
    "iso_date": _iso_date,
    "number_year": _number(2009, 2027),
    "small_number": _number(8, 14),
    "cron_minute": _number(10, 59),
    "cron_hour": _number(0, 23),
    "cron_job": partial(listed, "jobs"),
    "task_package": partial(listed, "packages"),
    "task_service": partial(listed, "services"),
    "task_title": partial(listed, "titles"),
    "locale_code": partial(listed, "locales"),
    "result_file": _result_file,
}
FINDERS: Mapping[str, Finder] = {name: by_dice(make) for name, make in _MAKERS.items()}
