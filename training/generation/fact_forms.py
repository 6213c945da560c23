"""How files write facts: as settings, in code, in notes for people, as variables of an environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from training.generation.data_files import data
from training.generation.facts import Fact, called
from training.generation.spelling import camel_case


@dataclass(frozen=True)
class Form:
    """``line`` may name a fact in four spellings; ``{quoted}`` is a literal."""

    endings: tuple[str, ...]
    line: str
    head: str
    tail: str
    last: str
    """Taken from the end of the last line."""
    for_people: bool
    """Texts for people give units, and say ``the treasurer`` of what is ``treasurer_name`` elsewhere."""

    def written(self, domain: str, fact: Fact, value: str) -> str:
        """The line of a fact."""
        value += self.unit(fact)
        key = fact.name.replace(" ", "_")
        return self.line.format(
            key=key,
            camel=camel_case(key),
            UPPER=key.upper(),
            name=self.name(fact),
            value=value,
            quoted=value if value.isdigit() else json.dumps(value),
            domain=domain,
        )

    def text(self, domain: str, lines: list[str]) -> str:
        """The file with these lines."""
        names = {"domain": domain, "Domain": domain.capitalize(), "DOMAIN": domain.upper()}
        body = "\n".join([*lines[:-1], self.at_the_end(lines[-1])])
        return f"{self.head.format(**names)}{body}\n{self.tail.format(**names)}"

    def at_the_end(self, line: str) -> str:
        """The line as it stands where no other follows."""
        return line.removesuffix(self.last)

    def unit(self, fact: Fact) -> str:
        """What follows the value."""
        return f" {fact.unit}" if self.for_people and fact.unit else ""

    def name(self, fact: Fact) -> str:
        """What the file calls the fact."""
        return called(fact.name) if self.for_people and fact.kind == "person" else fact.name


@dataclass(frozen=True)
class Family:
    """Forms of one use, with the folders and the stems of their files; a stem may name the domain."""

    forms: tuple[Form, ...]
    folders: tuple[str, ...]
    stems: tuple[str, ...]


@cache
def families() -> Mapping[str, Family]:
    """Those of ``fact_forms.toml``, by name."""
    return {
        name: Family(
            tuple(_form(one, found["for_people"]) for one in found["forms"]),
            tuple(found["folders"]),
            tuple(found["stems"]),
        )
        for name, found in data("fact_forms").items()
    }


def _form(one: Mapping[str, str], for_people: bool) -> Form:
    endings = tuple(one["endings"].split())
    return Form(
        endings, one["line"], one.get("head", ""), one.get("tail", ""), one.get("last", ""), for_people
    )
