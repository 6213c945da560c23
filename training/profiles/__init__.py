"""Profiles: agents declared in TOML, one file each: name, category, instructions, tools.

Invariant: a profile that loads is whole and unambiguous: nothing undeclared, no name twice. ``coding/`` are
the built-in agents, whose tools are the program's own; ``business/`` is an example pack of other agents with
tools of theirs.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

__all__ = ["Profile", "ProfileError", "builtin_profiles", "example_profiles", "load_profiles"]

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class ProfileError(Exception):
    """A profile that cannot be used: one line, which file, what, how to mend it."""


class Profile(BaseModel):
    """One agent. ``name`` is the ``agent_id`` of its decisions, ``category`` theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    category: _Name
    instructions: Annotated[str, Field(min_length=1, max_length=4000)]
    """What the agent is told before anything else."""
    tools: Annotated[tuple[_Name, ...], Field(min_length=1)]
    """Names of the tools that it is offered."""

    @field_validator("tools")
    @classmethod
    def _distinct(cls, tools: tuple[str, ...]) -> tuple[str, ...]:
        twice = {tool for tool in tools if tools.count(tool) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))} stands in it twice")
        return tools

    @field_validator("instructions")
    @classmethod
    def _stripped(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("it is empty")
        return text.strip()


def builtin_profiles() -> dict[str, Profile]:
    """The coding agents by name: coder, debugger, tester, reviewer, documenter, explorer, operator."""
    return load_profiles(Path(__file__).parent / "coding")


def example_profiles() -> dict[str, Profile]:
    """Fifteen business agents by name, over seven categories."""
    return load_profiles(Path(__file__).parent / "business")


def load_profiles(folder: Path) -> dict[str, Profile]:
    """Every ``*.toml`` in ``folder`` as a profile, by name. Raises ProfileError."""
    if not folder.is_dir():
        raise ProfileError(f"there is no folder of profiles {folder}")
    profiles: dict[str, Profile] = {}
    for path in sorted(folder.glob("*.toml")):
        profile = _loaded(path)
        if profile.name in profiles:
            raise ProfileError(f"{path}: the name {profile.name!r} is that of another profile in {folder}")
        profiles[profile.name] = profile
    return profiles


def _loaded(path: Path) -> Profile:
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Profile.model_validate(values)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ProfileError(f"{path}: {name}: {first['msg']}") from error
    except ValueError as error:
        raise ProfileError(f"{path}: {error}") from error
