"""Which tools a generated example offers, and how they are shown.

Invariant: an offer follows from its number alone. The tools of an offer have names of their own. What was
masked can be told from the descriptions: where parameters have neutral names, their meaning stands there.
Beside all built-in tools stand foreign ones, and requests for either.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.registry import Registry
from training.generation.domains import Domain, Function, domains, read_builtins

SIZES = (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6)
NEIGHBOUR = 0.75
"""Share of the further functions that come from the same domain."""
MASKED = 0.35
"""Share of the other offers whose names say nothing; of all, a quarter."""
BESIDE_BUILTINS = 0.3
"""Share of the offers where foreign functions stand beside all built-in tools, as those of MCP servers do."""
WITH_SOME_BUILTINS = 0.1
BARE = 0.15
"""Share of the offers whose parameters say nothing of themselves but their names."""
SERVERS = 0.3
"""Share of the offers that hold a few functions each of several servers, named after them."""
SERVERS_OFFERED = (2, 3, 3, 4, 5)
FROM_A_SERVER = (1, 1, 2, 2, 3)
BARE_SERVERS = 0.5
EXPLAINED = 0.15
"""Share of the offers where the descriptions say what each parameter is, though its name is its own."""
HARMLESS = ("read_file", "list_files", "search_files", "write_file", "edit_file", "run_tests", "git_diff")
"""Built-in tools that serve no request of another domain; a shell or a web search might."""
KEPT = 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Style = Literal["plain", "verb", "camel", "dotted", "served"]
LOOKING = frozenset({"get", "list", "calculate", "find", "search", "check", "estimate", "suggest", "explain"})
"""First words of descriptions that may begin a name."""
_STYLE_WEIGHTS: dict[Style, int] = {"plain": 3, "verb": 2, "camel": 1, "dotted": 2, "served": 2}
STYLES = tuple(style for style, weight in _STYLE_WEIGHTS.items() for _ in range(weight))
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
    shown = _served(domain, dice) if dice.random() < SERVERS else _shown(_functions(domain, dice), dice)
    tools = [each.signature for each in shown]
    beside = dice.random()
    builtins = beside < BESIDE_BUILTINS
    if builtins:
        tools += builtin_signatures().values()
        shown += [_as_built_in(one) for one in dice.sample(builtin_requests(), min(2, len(shown)))]
    elif beside < BESIDE_BUILTINS + WITH_SOME_BUILTINS:
        tools += [builtin_signatures()[name] for name in dice.sample(HARMLESS, dice.randint(1, 3))]
    dice.shuffle(tools)
    return Offer(domain, tuple(shown), tuple(tools), builtins)


@lru_cache(maxsize=1)
def builtin_requests() -> tuple[Function, ...]:
    """Requests for the built-in tools."""
    return read_builtins().functions


def _as_built_in(function: Function) -> Shown:
    names = {each.name: each.name for each in function.parameters}
    return Shown(function, builtin_signatures()[function.name], names)


@lru_cache(maxsize=1)
def builtin_signatures() -> dict[str, Signature]:
    """Those of the built-in tools, by name, without ``answer``, which every student has anyway."""
    from tools.registry import builtin_registry

    registry: Registry = builtin_registry()
    return {one.name: one for one in registry.signatures() if one.name != ANSWER}


def _functions(domain: Domain, dice: random.Random) -> list[Function]:
    """Near neighbours mostly; no two with one name."""
    chosen: list[Function] = []
    for _ in range(dice.choice(SIZES)):
        pool = domain if not chosen or dice.random() < NEIGHBOUR else dice.choice(domains())
        taken = {one.name for one in chosen}
        left = [one for one in pool.functions if one.name not in taken]
        if left:
            chosen.append(dice.choice(left))
    return chosen


def _served(domain: Domain, dice: random.Random) -> list[Shown]:
    """Functions of several domains that have nothing to do with each other."""
    chosen, groups = [domain], domain.groups
    for _ in range(dice.choice(SERVERS_OFFERED) - 1):
        further = dice.choice([one for one in domains() if not one.groups & groups])
        chosen.append(further)
        groups |= further.groups
    functions = [
        function
        for one in chosen
        for function in dice.sample(one.functions, min(dice.choice(FROM_A_SERVER), len(one.functions)))
    ]
    served = [_styled(one, "served", explained=False) for one in functions]
    return [_bare(one) for one in served] if dice.random() < BARE_SERVERS else served


def _shown(functions: Sequence[Function], dice: random.Random) -> list[Shown]:
    if dice.random() < MASKED:
        what = dice.choice(("names", "names", "parameters", "both", "both"))
        names = dice.choice(FUNCTION_NAMES) if what != "parameters" else None
        parameters = dice.choice(PARAMETER_NAMES) if what != "names" else None
        return [_masked(one, at, names, parameters) for at, one in enumerate(functions)]
    style = dice.choice(STYLES)
    explained = dice.random() < EXPLAINED
    styled = [_styled(one, style, explained) for one in functions]
    return [_bare(one) for one in styled] if dice.random() < BARE and not explained else styled


def _styled(function: Function, style: Style, explained: bool) -> Shown:
    """With its name as another programmer would write it."""
    name = styled_name(function, style)
    names = {each.name: each.name for each in function.parameters}
    signature = replace(function.signature(), name=name)
    if explained and names:
        signature = replace(signature, description=_explained(function, names))
    return Shown(function, signature, names)


def _bare(shown: Shown) -> Shown:
    schema = shown.signature.parameters
    silent = {
        name: {key: said for key, said in value.items() if key != "description"}
        for name, value in schema["properties"].items()
    }
    return replace(shown, signature=replace(shown.signature, parameters={**schema, "properties": silent}))


def styled_name(function: Function, style: Style) -> str:
    """``disc_area`` as it is, as ``discArea``, ``geometry.disc_area``, as ``geometry_disc_area``, which names
    the server that has it, or as ``calculate_disc_area``."""
    name = function.name
    verb = function.says.split(" ", 1)[0].lower()
    if style == "camel":
        return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    if style == "dotted":
        return f"{function.domain}.{name}"
    if style == "served":
        return f"{function.domain}_{name}"
    return f"{verb}_{name}" if style == "verb" and verb in LOOKING else name


def _explained(function: Function, names: Mapping[str, str]) -> str:
    """The description with the meaning of each parameter under its name in ``names``."""
    meanings = "; ".join(f"{names[each.name]}: {each.says}" for each in function.parameters)
    return f"{function.description} {meanings}."


def _masked(function: Function, at: int, names: Namer | None, parameters: Namer | None) -> Shown:
    shown = {each.name: each.name for each in function.parameters}
    signature = function.signature()
    if names:
        signature = replace(signature, name=names(at))
    if parameters and shown:
        shown = {name: parameters(place) for place, name in enumerate(shown)}
        schema = {
            **signature.parameters,
            "properties": {shown[name]: value for name, value in signature.parameters["properties"].items()},
            "required": [shown[name] for name in signature.parameters["required"]],
        }
        signature = replace(signature, description=_explained(function, shown), parameters=schema)
    return Shown(function, signature, shown)
