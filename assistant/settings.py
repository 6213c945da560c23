"""All settings of Apprentice, and where each value comes from.

Invariant: the command line wins over the environment, then the workspace's local file, the
workspace's shared file, the person's own file and the built-in values; but a workspace only tightens, and
one that the person does not trust says nothing.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr

from assistant import paths
from assistant.agent.settings import ContextSettings, LoopSettings
from assistant.settings_check import Where, check_values, from_text, given_values, nested
from assistant.settings_file import SettingsError, SettingsFile, parse_settings, read_settings_file
from assistant.settings_project import ADDED_UP, Key, may_change
from assistant.trust import SETTINGS, Folder, Standing, look, unloaded
from assistant.trust_book import the_book
from sandbox.settings import SandboxSettings
from sandbox.snapshots.settings import SnapshotSettings
from tools.permissions.settings import PermissionSettings
from tools.settings import ToolSettings
from training.events.settings import EventSettings
from training.generation.settings import GenerationSettings
from training.models.settings import ModelSettings
from training.remote.settings import RemoteSettings
from training.student.settings import StudentSettings
from training.teachers.settings import TeacherSettings

__all__ = ["InterfaceSettings", "Settings", "SettingsError", "load_settings"]

PREFIX = "APPRENTICE_"
BUILT_IN = "built-in"


class InterfaceSettings(BaseModel):
    """How the terminal interface looks and behaves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    theme: str = "apprentice-dark"
    """Name of a theme, such as ``apprentice-dark``, ``apprentice-light`` or an ANSI one."""
    mouse: bool = True
    """Capture the mouse; without it the terminal's own selection works."""
    notify: bool = True
    """Ring the terminal when a turn ends while it is not in focus."""


class Settings(BaseModel):
    """Every setting, valid and immutable. ``load_settings`` makes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["plan", "ask", "edit", "auto"] = "ask"
    """Permission mode at the start: ``plan`` reads, ``ask`` asks, ``edit`` lets edits pass, ``auto`` all."""
    student: StudentSettings = StudentSettings()
    models: ModelSettings = ModelSettings()
    sandbox: SandboxSettings = SandboxSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    permissions: PermissionSettings = PermissionSettings()
    tools: ToolSettings = ToolSettings()
    events: EventSettings = EventSettings()
    teachers: TeacherSettings = TeacherSettings()
    generation: GenerationSettings = GenerationSettings()
    remote: RemoteSettings = RemoteSettings()
    loop: LoopSettings = LoopSettings()
    context: ContextSettings = ContextSettings()
    interface: InterfaceSettings = InterfaceSettings()

    _notices: tuple[str, ...] = PrivateAttr(default=())
    _origins: dict[Key, str] = PrivateAttr(default_factory=dict)
    _instructions: str = PrivateAttr(default="")

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person should know of how these settings came about, a line each."""
        return self._notices

    @property
    def instructions(self) -> str:
        """What the instruction file of a trusted workspace says, under its name, or empty."""
        return self._instructions

    def origin(self, key: Key) -> str:
        """Where the value of ``key``, such as ``("loop", "max_steps")``, comes from."""
        return self._origins.get(key, BUILT_IN)

    def values(self) -> Iterator[tuple[Key, Any]]:
        """Every setting with its value."""
        return given_values(self, unset=True)


@dataclass(frozen=True)
class _Source:
    given: Settings
    where: Where
    from_workspace: bool = False


def load_settings(
    workspace: Path,
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read and join all sources. ``flags`` has dotted keys; a value of None is not given.

    Raises SettingsError, one line with file and line, on the first thing that is wrong anywhere.
    """
    own = read_settings_file(paths.settings_file())
    folder = look(workspace)
    book = the_book()
    standing, damaged = book.standing(folder), book.problem()
    trusted = folder if standing is Standing.TRUSTED else Folder(workspace)
    sources = [
        _from_file(own),
        *(_from_file(file, from_workspace=True) for file in _project_files(trusted)),
        _from_environment(environ),
        _from_flags(flags or {}),
    ]
    values = dict(Settings().values())
    origins: dict[Key, str] = {}
    notices = [*_exposed(own.path), *([damaged] if damaged else []), *unloaded(folder, standing)]
    for source in sources:
        for key, proposed in given_values(source.given):
            now = values[key]
            if source.from_workspace and not may_change(key, now, proposed):
                notices.append(
                    f"{source.where(key)}: {'.'.join(key)} is ignored: a workspace may only tighten; "
                    f"to have it, set it in {own.path}"
                )
                continue
            values[key] = (*now, *(e for e in proposed if e not in now)) if key in ADDED_UP else proposed
            origins[key] = source.where(key)
    settings = check_values(Settings, nested(values), lambda key: "settings", strict=False)
    settings._notices, settings._origins = tuple(notices), origins
    settings._instructions = trusted.instructions
    return settings


def _project_files(folder: Folder) -> Iterator[SettingsFile]:
    """The settings files of a workspace that can be read, weaker first. Raises SettingsError."""
    for name in SETTINGS:
        if found := folder.file(name):
            yield parse_settings(folder.path / name, found.content)


def _from_file(file: SettingsFile, *, from_workspace: bool = False) -> _Source:
    return _Source(check_values(Settings, file.values, file.where, strict=True), file.where, from_workspace)


def _from_environment(environ: Mapping[str, str]) -> _Source:
    """``APPRENTICE_STUDENT__MODEL`` is ``student.model``. Variables that move a folder are no settings."""
    given: dict[Key, Any] = {}
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX) and not variable.endswith("_DIR"):
            key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            given[key] = from_text(Settings, key, text)

    def where(key: Key) -> str:
        return f"environment variable {PREFIX}{'__'.join(key).upper()}"

    return _Source(check_values(Settings, nested(given), where, strict=False), where)


def _from_flags(flags: Mapping[str, Any]) -> _Source:
    given = {tuple(name.split(".")): value for name, value in flags.items() if value is not None}

    def where(key: Key) -> str:
        return "command line"

    return _Source(check_values(Settings, nested(given), where, strict=False), where)


def _exposed(path: Path) -> Iterator[str]:
    """A notice where others may read or write the person's own settings."""
    if not path.exists():
        return
    reachable = stat.S_IMODE(path.parent.stat().st_mode) & 0o011
    if reachable and stat.S_IMODE(path.stat().st_mode) & 0o066:
        yield f"{path}: others on this machine may read or write your settings; chmod 600 {path}"
