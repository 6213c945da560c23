"""The person's rules that outlive a session: in their settings, or here with a workspace or an end.

Invariant: nothing in a workspace can change them. A book that is damaged is said and never counts as empty,
for a lost rule that denies would loosen what is allowed. What another program keeps or drops is seen at the
next call.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.private_files import alone, replace_file
from assistant.settings_edit import forget_rule, remember_rule
from assistant.settings_file import SettingsError, read_settings_file
from tools.permissions.judgement import Verdict
from tools.permissions.rules import RuleError, parse_rule
from tools.permissions.standing import Standing

SCHEMA = 1
_Entry = dict[str, Any]
_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class RuleBook:
    """The rules of one file, as they hold in ``workspace``. All methods raise SettingsError or PathsError."""

    path: Path
    workspace: Path
    _seen: dict[Path, _Stamp] = field(default_factory=dict, compare=False, repr=False)

    def kept(self) -> list[Standing]:
        """The rules for this workspace and those for all, without what has ended."""
        return [standing for entry in self._entries() if (standing := self._standing(entry)) is not None]

    def keep(self, standing: Standing) -> None:
        """Store it; what holds everywhere and for good goes into the person's settings."""
        if standing.place == "settings":
            remember_rule(standing.rule.text, standing.verdict.value)
            return
        self._change(self._entry(standing), keep=True)

    def drop(self, standing: Standing) -> bool:
        """Take it out; False where it stands in settings that are not the person's file."""
        if standing.place == "settings":
            return forget_rule(standing.rule.text, standing.verdict.value)
        self._change(self._entry(standing), keep=False)
        return True

    def reread(self) -> list[Standing] | None:
        """What it holds and what the person's settings say, where one of the files changed; else None.

        Raises SettingsError or PathsError, each time until it is mended.
        """
        files = (self.path, paths.settings_file())
        stamps = {path: stamp for path in files if (stamp := _stamp(path)) is not None}
        if stamps == self._seen:
            return None
        found = [*self._stated(), *self.kept()]
        self._seen.clear()
        self._seen.update(stamps)
        return found

    def _stated(self) -> list[Standing]:
        stated = read_settings_file(paths.settings_file()).values.get("permissions", {})
        try:
            return [
                Standing(parse_rule(text), verdict, "settings")
                for verdict in Verdict
                for text in stated.get(str(verdict), ())
            ]
        except (RuleError, AttributeError, TypeError) as error:
            raise SettingsError(f"{paths.settings_file()}: permissions: {error}") from error

    def _entry(self, standing: Standing) -> _Entry:
        where = str(self.workspace) if standing.place == "project" else None
        return {**standing.as_json(), "workspace": where}

    def _standing(self, entry: _Entry) -> Standing | None:
        try:
            workspace, until = entry["workspace"], entry["until"]
            ends = None if until is None else datetime.fromisoformat(until).astimezone(UTC)
            rule, verdict = parse_rule(entry["rule"]), Verdict(entry["verdict"])
        except (KeyError, TypeError, ValueError, RuleError) as error:
            raise SettingsError(
                f"{self.path}: {entry!r:.100} is no rule; mend the file or remove it"
            ) from error
        if workspace not in (None, str(self.workspace)) or (ends and ends <= datetime.now(UTC)):
            return None
        return Standing(rule, verdict, "project" if workspace else "user", ends)

    def _entries(self) -> list[_Entry]:
        try:
            book = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be read: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise SettingsError(
                f"{self.path}: damaged; mend it, or remove it with the rules in it"
            ) from error
        if (
            not isinstance(book, dict)
            or book.get("schema") != SCHEMA
            or not isinstance(book.get("rules"), list)
        ):
            raise SettingsError(f"{self.path}: not a book of rules of this version; mend it or remove it")
        return [entry if isinstance(entry, dict) else {"rule": entry} for entry in book["rules"]]

    def _change(self, entry: _Entry, *, keep: bool) -> None:
        """Put ``entry`` in the place of its like, or nothing; what has ended goes as well."""
        try:
            paths.ensure_folder(self.path.parent)
            with alone(self.path.parent):
                others = [each for each in self._entries() if not _over(each) and not _alike(each, entry)]
                rules = [*others, entry] if keep else others
                replace_file(self.path, json.dumps({"schema": SCHEMA, "rules": rules}, indent=1))
        except OSError as error:
            raise SettingsError(f"{self.path}: cannot be written: {error.strerror or error}") from error


def the_book(workspace: Path) -> RuleBook:
    """The person's own. Raises PathsError."""
    return RuleBook(paths.rules_file(), workspace.resolve())


def _stamp(path: Path) -> _Stamp | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _alike(one: _Entry, other: _Entry) -> bool:
    return all(one.get(name) == other.get(name) for name in ("rule", "verdict", "workspace"))


def _over(entry: _Entry) -> bool:
    try:
        return datetime.fromisoformat(entry["until"]) <= datetime.now(UTC)
    except (KeyError, TypeError, ValueError):
        return False
