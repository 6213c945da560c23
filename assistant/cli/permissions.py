"""``apprentice permissions``: which rules are in force, and what they say of a command."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices

if TYPE_CHECKING:
    from tools.permissions.book import Permissions
    from tools.permissions.settings import PermissionSettings


@click.group()
def permissions() -> None:
    """What passes, what is asked, and what is denied."""


@permissions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def list_rules(invocation: Invocation, as_json: bool) -> None:
    """The permission mode and every rule of the settings."""
    from assistant.settings import SettingsError

    try:
        book = _from_settings(invocation, None)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    rules = [{"where": where, "verdict": str(verdict), "rule": rule} for where, verdict, rule in book.rules()]
    if as_json:
        print_json({"mode": book.mode, "rules": rules})
        return
    click.echo(f"mode {book.mode}")
    for rule in rules:
        click.echo(f"{rule['verdict']:<6} {rule['rule']}")
    if not rules:
        click.echo("no rules; add some to [permissions] in your settings")


@permissions.command("test")
@click.argument("command", required=False)
@click.option(
    "--file",
    "commands",
    type=click.File("r", encoding="utf-8", errors="replace"),
    help='JSON lines {"command"}, or -.',
)
@click.option("--allow", multiple=True, metavar="RULE", help="A rule such as 'run_shell(git status *)'.")
@click.option("--deny", multiple=True, metavar="RULE", help="A rule whose commands never run.")
@click.option("--ask", multiple=True, metavar="RULE", help="A rule whose commands are always asked.")
@click.option("--mode", type=click.Choice(["plan", "ask", "edit", "auto"]), help="The permission mode.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def test_command(
    invocation: Invocation,
    command: str | None,
    commands: TextIO | None,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    ask: tuple[str, ...],
    mode: str | None,
    as_json: bool,
) -> None:
    """Say what would happen to a COMMAND of run_shell, part by part. It runs nothing.

    With rules on the command line only those count, else those of the settings.
    """
    from tools.calls import Risk, ToolCall
    from tools.permissions.judgement import explain

    if (command is None) == (commands is None):
        raise click.UsageError("give a COMMAND, or a --file of commands")
    book = _book(invocation, allow, deny, ask, mode)
    listed = [command] if command is not None else list(_read(commands or ()))
    judged = [
        (text, book.judge(ToolCall("test", "run_shell", {"command": text}), Risk.EXECUTE)) for text in listed
    ]
    if as_json:
        print_json([{"command": text, **judgement.as_json()} for text, judgement in judged])
        return
    for text, judgement in judged:
        click.echo(f"{_shown(text)}\n{_shown(explain(judgement))}")


def _book(
    invocation: Invocation,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    ask: tuple[str, ...],
    mode: str | None,
) -> "Permissions":
    from assistant.settings import SettingsError
    from tools.permissions.settings import PermissionSettings

    if not (allow or deny or ask):
        try:
            return _from_settings(invocation, mode)
        except SettingsError as error:
            print_notices((f"{error}; without the rules of the settings",))
    return _made(mode or "ask", PermissionSettings(allow=allow, deny=deny, ask=ask), invocation.workspace)


def _from_settings(invocation: Invocation, mode: str | None) -> "Permissions":
    settings = invocation.settings()
    return _made(mode or settings.mode, settings.permissions, invocation.workspace)


def _made(mode: str, settings: "PermissionSettings", workspace: Path) -> "Permissions":
    from tools.permissions.book import Permissions
    from tools.permissions.judgement import MODES
    from tools.permissions.rules import RuleError

    try:
        return Permissions(next(each for each in MODES if each == mode), settings, workspace)
    except RuleError as error:
        raise click.UsageError(str(error)) from error


def _read(lines: Iterable[str]) -> Iterable[str]:
    """The commands of a JSON lines file, blank lines left out."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise click.UsageError(f"line {number}: not JSON ({error})") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("command"), str):
            raise click.UsageError(f'line {number}: not an object with a "command" of text')
        yield entry["command"]


def _shown(text: str) -> str:
    """``text`` with what would control the terminal escaped."""
    return "".join(
        character if character.isprintable() or character == "\n" else repr(character)[1:-1]
        for character in text
    )
