"""All settings of Apprentice, and where each value comes from.

Invariant: the command line wins over the environment, then the workspace's local file, the
workspace's shared file, the person's own file and the built-in values; but a workspace only tightens, and
one that the person does not trust says nothing.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

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

__all__ = ["InterfaceSettings", "Settings", "SettingsError", "load_settings", "usable_settings"]

Found = TypeVar("Found")

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

    Raises SettingsError, one line with file and line, on the first thing that is wrong, or PathsError.
    """
    settings, damage = usable_settings(workspace, flags=flags, environ=environ)
    if damage:
        raise damage[0]
    return settings


def usable_settings(
    workspace: Path,
    *,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Settings, list[SettingsError | paths.PathsError]]:
    """The settings of all sources that can be used, and why each other source cannot."""
    damage: list[SettingsError | paths.PathsError] = []

    def usable(read: Callable[..., Found], *given: Any) -> Iterator[Found]:
        try:
            yield read(*given)
        except (SettingsError, paths.PathsError) as error:
            damage.append(error)

    own = [file for path in usable(paths.settings_file) for file in usable(read_settings_file, path)]
    folder = look(workspace)
    book = next(usable(the_book), None)
    no_word = Standing.UNKNOWN if folder.files else Standing.EMPTY
    standing = book.standing(folder) if book else no_word
    trusted = folder if standing is Standing.TRUSTED else Folder(workspace)
    sources = [
        *(source for file in own for source in usable(_from_file, file)),
        *(
            source
            for name in SETTINGS
            for file in usable(_project_file, trusted, name)
            if file is not None
            for source in usable(_from_workspace, file)
        ),
        *usable(_from_environment, environ),
        *usable(_from_flags, flags or {}),
    ]
    values = dict(Settings().values())
    origins: dict[Key, str] = {}
    notices = [
        *(line for file in own for line in _exposed(file.path)),
        *([said] if book and (said := book.problem()) else []),
        *unloaded(folder, standing),
    ]
    for source in sources:
        for key, proposed in given_values(source.given):
            now = values[key]
            if source.from_workspace and not may_change(key, now, proposed):
                notices.append(
                    f"{source.where(key)}: {'.'.join(key)} is ignored: a workspace may only tighten; "
                    f"to have it, set it in {paths.settings_file()}"
                )
                continue
            values[key] = (*now, *(e for e in proposed if e not in now)) if key in ADDED_UP else proposed
            origins[key] = source.where(key)
    settings = next(usable(_joined, values), Settings())
    settings._notices, settings._origins = tuple(notices), origins
    settings._instructions = trusted.instructions
    return settings, damage


def _joined(values: Mapping[Key, Any]) -> Settings:
    return check_values(Settings, nested(values), lambda key: "settings", strict=False)


def _project_file(folder: Folder, name: str) -> SettingsFile | None:
    """A settings file of a workspace, if it is there. Raises SettingsError."""
    found = folder.file(name)
    return parse_settings(folder.path / name, found.content) if found else None


def _from_file(file: SettingsFile) -> _Source:
    return _Source(check_values(Settings, file.values, file.where, strict=True), file.where)


def _from_workspace(file: SettingsFile) -> _Source:
    return replace(_from_file(file), from_workspace=True)


def _from_environment(environ: Mapping[str, str]) -> _Source:
    """``APPRENTICE_STUDENT__MODEL`` is ``student.model``. Variables that move a folder are no settings."""
    given: dict[Key, Any] = {}
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX) and not variable.endswith("_DIR"):
            key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            try:
                given[key] = from_text(Settings, key, text)
            except SettingsError as error:
                raise SettingsError(f"environment variable {variable}: {error}") from error

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
