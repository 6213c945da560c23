"""Which tools a generated example offers, and how they are shown.

Invariant: an offer follows from its number alone. The tools of an offer have names of their own. What was
masked can be told from the descriptions: where parameters have neutral names, their meaning stands there.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.registry import Registry
from training.generation.domains import Domain, Function, domains

SIZES = (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6)
NEIGHBOUR = 0.75
"""Share of the further functions that come from the same domain."""
MASKED = 0.25
BESIDE_BUILTINS = 0.06
"""Share of the offers where foreign functions stand beside all built-in tools."""
WITH_SOME_BUILTINS = 0.1
HARMLESS = ("read_file", "list_files", "search_files", "write_file", "edit_file", "run_tests", "git_diff")
"""Built-in tools that serve no request of another domain; a shell or a web search might."""
KEPT = 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Namer = Callable[[int], str]
FUNCTION_NAMES: tuple[Namer, ...] = (
    lambda at: f"func_{LETTERS[at]}",
    lambda at: f"function_{at + 1}",
    lambda at: f"tool_{LETTERS[at]}",
    lambda at: f"f{at + 1}",
)
PARAMETER_NAMES: tuple[Namer, ...] = (
    lambda at: f"param_{at + 1}",
    lambda at: f"arg{at + 1}",
    lambda at: f"p{at + 1}",
)


@dataclass(frozen=True)
class Shown:
    """A function as it is offered: its signature, and its parameters' names as they are there."""

    function: Function
    signature: Signature
    names: Mapping[str, str]

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """As a call has them: under the shown names, required ones first, in the schema's order."""
        order = sorted(self.function.parameters, key=lambda parameter: not parameter.required)
        return {self.names[each.name]: values[each.name] for each in order if each.name in values}


@dataclass(frozen=True)
class Offer:
    """``builtins`` says that all built-in tools are offered too."""

    domain: Domain
    shown: tuple[Shown, ...]
    tools: tuple[Signature, ...]
    builtins: bool = False

    def serves(self, function: Function) -> bool:
        """True where an offered function does what ``function`` does."""
        offered = {each.function.name for each in self.shown}
        return function.name in offered or bool(function.also & offered)


@lru_cache(maxsize=KEPT)
def make_offer(number: int) -> Offer:
    """The offer of that number."""
    dice = random.Random(f"offer/{number}")
    domain = dice.choice(domains())
    functions = _functions(domain, dice)
    shown = _shown(functions, dice)
    tools = [each.signature for each in shown]
    beside = dice.random()
    builtins = beside < BESIDE_BUILTINS
    if builtins:
        shown = shown[:2]
        tools = [*builtin_signatures().values(), *(each.signature for each in shown)]
    elif beside < BESIDE_BUILTINS + WITH_SOME_BUILTINS:
        tools += [builtin_signatures()[name] for name in dice.sample(HARMLESS, dice.randint(1, 3))]
    dice.shuffle(tools)
    return Offer(domain, tuple(shown), tuple(tools), builtins)


@lru_cache(maxsize=1)
def builtin_signatures() -> dict[str, Signature]:
    """Those of the built-in tools, by name, without ``answer``, which every student has anyway."""
    from tools.registry import builtin_registry

    registry: Registry = builtin_registry()
    return {one.name: one for one in registry.signatures() if one.name != ANSWER}


def _functions(domain: Domain, dice: random.Random) -> list[Function]:
    """Near neighbours mostly; no two with one name, and none that serves another's requests."""
    chosen: list[Function] = []
    for _ in range(dice.choice(SIZES)):
        pool = domain if not chosen or dice.random() < NEIGHBOUR else dice.choice(domains())
        left = [one for one in pool.functions if not any(_alike(one, other) for other in chosen)]
        if left:
            chosen.append(dice.choice(left))
    return chosen


def _alike(one: Function, other: Function) -> bool:
    return one.name == other.name or one.name in other.also or other.name in one.also


def _shown(functions: Sequence[Function], dice: random.Random) -> list[Shown]:
    if dice.random() < MASKED:
        what = dice.choice(("names", "names", "parameters", "both", "both"))
        names = dice.choice(FUNCTION_NAMES) if what != "parameters" else None
        parameters = dice.choice(PARAMETER_NAMES) if what != "names" else None
        return [_masked(one, at, names, parameters) for at, one in enumerate(functions)]
    style = dice.choice(("plain",) * 5 + ("camel", "dotted"))
    return [_styled(one, style) for one in functions]


def _styled(function: Function, style: str) -> Shown:
    """With its name as another programmer would write it."""
    name = function.name
    if style == "camel":
        name = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    elif style == "dotted" and "." not in name:
        name = f"{function.domain}.{name}"
    signature = replace(function.signature(), name=name)
    return Shown(function, signature, {each.name: each.name for each in function.parameters})


def _masked(function: Function, at: int, names: Namer | None, parameters: Namer | None) -> Shown:
    shown = {each.name: each.name for each in function.parameters}
    signature = function.signature()
    if names:
        signature = replace(signature, name=names(at))
    if parameters and shown:
        shown = {name: parameters(place) for place, name in enumerate(shown)}
        meanings = "; ".join(f"{shown[each.name]} is the {each.says}" for each in function.parameters)
        schema = {
            **signature.parameters,
            "properties": {shown[name]: value for name, value in signature.parameters["properties"].items()},
            "required": [shown[name] for name in signature.parameters["required"]],
        }
        description = f"{signature.description} {meanings}."
        signature = replace(signature, description=description, parameters=schema)
    return Shown(function, signature, shown)
