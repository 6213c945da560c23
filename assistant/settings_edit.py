"""Changes to the person's own settings file, made by the program at the person's word.

Invariant: the file is valid after every change, its comments and order stay, and a kill leaves the old
file or the new one, never half of either.
"""

import tomllib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from assistant import paths
from assistant.private_files import alone, replace_file
from assistant.settings import Settings
from assistant.settings_check import check_values, from_text, nested
from assistant.settings_file import SettingsError, read_settings_file
from assistant.settings_project import Key
from tools.permissions.rules import parse_rule

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def set_value(dotted: str, text: str) -> Any:
    """Set ``dotted`` (such as ``loop.max_steps``) in the person's file and return the checked value.

    Raises SettingsError where the key is unknown or the value does not fit.
    """
    return set_values({dotted: text})[dotted]


def set_values(texts: Mapping[str, str]) -> dict[str, Any]:
    """Set several at once, all or none, and return the checked values by their dotted keys."""
    keys: dict[str, Key] = {dotted: tuple(dotted.split(".")) for dotted in texts}
    given = nested({key: from_text(Settings, key, texts[dotted]) for dotted, key in keys.items()})
    checked = check_values(Settings, given, lambda _: "config set", strict=False)
    values = {dotted: _value(checked, key) for dotted, key in keys.items()}

    def change(document: "TOMLDocument") -> None:
        for dotted, key in keys.items():
            value = values[dotted]
            _table(document, key[:-1])[key[-1]] = list(value) if isinstance(value, tuple) else value

    _edit(change)
    return values


def _value(settings: Settings, key: Key) -> Any:
    value: Any = settings
    for part in key:
        value = getattr(value, part)
    return value


def remember_rule(rule: str, verdict: str = "allow") -> bool:
    """Add a rule to the person's own settings; False where it was there. Raises SettingsError."""
    if not rule.strip() or "\n" in rule:
        raise SettingsError(f"{rule!r} is no rule; a rule is one line such as run_shell(git status *)")
    added = False

    def change(document: "TOMLDocument") -> None:
        nonlocal added
        rules = _table(document, ("permissions",)).setdefault(verdict, [])
        if rule not in rules:
            rules.append(rule)
            added = True

    _edit(change)
    return added


def forget_rule(rule: str, verdict: str) -> bool:
    """Take a rule out of the person's own settings; False where it is not there. Raises SettingsError."""
    removed = False

    def change(document: "TOMLDocument") -> None:
        nonlocal removed
        rules = _table(document, ("permissions",)).get(verdict, [])
        for text in [text for text in rules if parse_rule(text).text == rule]:
            rules.remove(text)
            removed = True

    _edit(change)
    return removed


def _edit(change: "Callable[[TOMLDocument], None]") -> None:
    # Costs 30 ms, and most runs change no setting.
    import tomlkit

    path = paths.settings_file().resolve()
    try:
        paths.ensure_folder(path.parent)
        with alone(path.parent):
            file = read_settings_file(path)
            check_values(Settings, file.values, file.where, strict=True)
            document = tomlkit.parse(file.text)
            change(document)
            text = tomlkit.dumps(document)
            check_values(Settings, tomllib.loads(text), file.where, strict=True)
            replace_file(path, text)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror or error}") from error


def _table(document: "TOMLDocument", key: Key) -> Any:
    import tomlkit

    table: Any = document
    for part in key:
        if part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    return table
