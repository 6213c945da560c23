"""Tool sets of other domains than coding, as data: what their functions take and how people ask for them.

``data/domains/*.toml``, a domain a file:

- ``about`` completes "tools for ..."; requests are no strangers to domains that share a word of ``group``.
- ``[values]`` names lists of strings, beside those of ``data/values.toml``.
- ``[[function]]``: ``takes`` has a parameter a line, ``name?: kind - what it is`` (``?`` for optional ones;
  ``training.generation.values`` says the kinds). ``requests`` has a phrasing a line, with parameters in
  braces; behind `` | `` stand arguments that its words imply. ``asks`` are requests that lack something, and
  behind `` -> `` the question for it. ``pair`` names a parameter that may be said twice for two calls.
  ``gives`` has the fields of a result, ``tells`` the answer that states them. ``also`` names functions of the
  domain that would serve the same requests where this one is not on offer.
- ``misses``: requests with words of the domain that none of its functions serves.

Invariant: a domain that was read has, for each request, all required arguments, and no slot without a value.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tools.protocol.messages import Signature
from training.generation.base import GenerationError
from training.generation.data_files import data, names_in, text_of
from training.generation.values import Date, Time, ValueKind, Words, read_kind, read_value, read_words

BUILTINS = "built_in_tools"
SLOT = re.compile(r"\{(\w+)\}")
PARAMETER = re.compile(r"(\w+)(\??): (.+?)(?: - (.+))?")
FORMATS = ((Date, "Dates are YYYY-MM-DD."), (Time, "Times are HH:MM."))


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: ValueKind
    required: bool
    says: str


@dataclass(frozen=True)
class Phrasing:
    """A request with slots, and the arguments that its words imply."""

    text: str
    implied: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Function:
    """One tool with the requests that are right for it."""

    name: str
    domain: str
    says: str
    parameters: tuple[Parameter, ...]
    requests: tuple[Phrasing, ...]
    asks: tuple[tuple[str, str], ...] = ()
    pair: str = ""
    gives: Mapping[str, ValueKind] = field(default_factory=dict)
    tells: str = ""
    also: frozenset[str] = frozenset()

    @property
    def kinds(self) -> dict[str, ValueKind]:
        return {parameter.name: parameter.kind for parameter in self.parameters}

    @property
    def place(self) -> str:
        return f"{self.domain}.{self.name}"

    @property
    def description(self) -> str:
        """What it does, and how dates and times are written where it takes any."""
        taken = [type(parameter.kind) for parameter in self.parameters]
        return " ".join([self.says, *(note for kind, note in FORMATS if kind in taken)])

    def signature(self) -> Signature:
        properties = {each.name: {**each.kind.schema, "description": each.says} for each in self.parameters}
        required = [each.name for each in self.parameters if each.required]
        schema = {"type": "object", "properties": properties, "required": required}
        return Signature(self.name, self.description, schema)


@dataclass(frozen=True)
class Domain:
    name: str
    about: str
    groups: frozenset[str]
    functions: tuple[Function, ...]
    misses: tuple[str, ...]
    values: Mapping[str, Words]


@lru_cache(maxsize=1)
def domains() -> tuple[Domain, ...]:
    """All of them, by name. Raises GenerationError."""
    names = names_in("domains")
    return tuple(read_domain(name, text_of(f"domains/{name}"), data("values")) for name in names)


def read_builtins() -> Domain:
    """Requests for the built-in tools, in the same form. Raises GenerationError."""
    return read_domain(BUILTINS, text_of(BUILTINS), data("values"))


def read_domain(name: str, text: str, shared: Mapping[str, Sequence[str]]) -> Domain:
    """A domain from TOML. Raises GenerationError."""
    try:
        written = tomllib.loads(text)
        named = {key: read_words(lines) for key, lines in {**shared, **written.get("values", {})}.items()}
        functions = tuple(_function(name, each, named) for each in written["function"])
        groups = frozenset(written["group"].split())
        domain = Domain(name, written["about"], groups, functions, _lines(written["misses"]), named)
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise GenerationError(f"{name}: {type(error).__name__}: {error}") from None
    for miss in domain.misses:
        _check_slots(miss, named, name)
    return domain


def _function(domain: str, written: Mapping[str, Any], named: Mapping[str, Words]) -> Function:
    where = f"{domain}.{written['name']}"
    try:
        parameters = tuple(_parameter(line, named) for line in _lines(written.get("takes", "")))
        kinds = {parameter.name: parameter.kind for parameter in parameters}
        result = (_parameter(line, named) for line in written.get("gives", "").split(", ") if line)
        function = Function(
            name=written["name"],
            domain=domain,
            says=written["says"],
            parameters=parameters,
            requests=tuple(_phrasing(line, kinds) for line in _lines(written["requests"])),
            asks=tuple(_ask(line) for line in _lines(written.get("asks", ""))),
            pair=written.get("pair", ""),
            gives={each.name: each.kind for each in result},
            tells=written.get("tells", ""),
            also=frozenset(written.get("also", ())),
        )
    except (KeyError, ValueError) as error:
        raise GenerationError(f"{where}: {type(error).__name__}: {error}") from None
    _check(function, where)
    return function


def _parameter(line: str, named: Mapping[str, Words]) -> Parameter:
    match = PARAMETER.fullmatch(line)
    if not match:
        raise ValueError(f"not a parameter: {line!r}")
    name, optional, kind, says = match.groups()
    return Parameter(name, read_kind(kind, named), not optional, says or name.replace("_", " "))


def _phrasing(line: str, kinds: Mapping[str, ValueKind]) -> Phrasing:
    text, _, implied = line.partition(" | ")
    pairs = (one.partition("=") for one in implied.split(", ") if one)
    return Phrasing(text.strip(), {name: read_value(value, kinds[name]) for name, _, value in pairs})


def _ask(line: str) -> tuple[str, str]:
    request, arrow, question = line.partition(" -> ")
    if not arrow:
        raise ValueError(f"no question behind ->: {line!r}")
    return request, question


def _check(function: Function, where: str) -> None:
    """Raises GenerationError where a request lacks what it needs, or a lacking one lacks nothing."""
    kinds = function.kinds
    required = {parameter.name for parameter in function.parameters if parameter.required}
    for phrasing in function.requests:
        _check_slots(phrasing.text, kinds, where)
        if missing := required - {*SLOT.findall(phrasing.text), *phrasing.implied}:
            raise GenerationError(f"{where}: {phrasing.text!r} does not say {min(missing)}")
    for request, _ in function.asks:
        _check_slots(request, kinds, where)
        if not required - set(SLOT.findall(request)):
            raise GenerationError(f"{where}: {request!r} lacks nothing")
    _check_slots(function.tells, {*required, *function.gives}, where)
    if function.pair and function.pair not in kinds:
        raise GenerationError(f"{where}: it takes no {function.pair}")


def _check_slots(text: str, known: Iterable[str], where: str) -> None:
    if unknown := set(SLOT.findall(text)) - set(known):
        raise GenerationError(f"{where}: {text!r} has no value for {min(unknown)}")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
