"""``apprentice permissions``: which rules are in force, and what they say of a command."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices

if TYPE_CHECKING:
    from tools.permissions.book import Permissions
    from tools.permissions.settings import PermissionSettings
    from tools.permissions.standing import Keeper, Scope, Standing


@click.group()
def permissions() -> None:
    """What passes, what is asked, and what is denied."""


@permissions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def list_rules(invocation: Invocation, as_json: bool) -> None:
    """The permission mode and every rule in force: what, where from, until when."""
    from assistant.rule_words import ends, nameless
    from tools.registry import builtin_registry

    book = _opened(invocation)
    print_notices(nameless(book.rules(), builtin_registry().names()))
    if as_json:
        print_json({"mode": book.mode, "rules": [each.as_json() for each in book.rules()]})
        return
    click.echo(f"mode {book.mode}")
    for each in book.rules():
        click.echo(f"{each.verdict:<6} {_shown(each.rule.text)}  ({each.place}{ends(each)})")
    if not book.rules():
        click.echo("no rules; add one with: apprentice permissions add RULE")


@permissions.command("add")
@click.argument("rule")
@click.option(
    "--allow", "verdict", flag_value="allow", default=True, help="What it covers passes (the default)."
)
@click.option("--ask", "verdict", flag_value="ask", help="What it covers is asked in every mode.")
@click.option("--deny", "verdict", flag_value="deny", help="What it covers never runs.")
@click.option(
    "--scope",
    type=click.Choice(["project", "user"]),
    default="project",
    show_default=True,
    help="Where it holds.",
)
@click.option("--for", "length", metavar="TIME", help="When it ends: 30m, 2h, 7d, or a date.")
@pass_invocation
def add_rule(invocation: Invocation, rule: str, verdict: str, scope: str, length: str | None) -> None:
    """Keep RULE, such as 'run_shell(git status *)', for this workspace or for all.

    It is stored with your own settings, never in the workspace.
    """
    from assistant.moments import deadline
    from assistant.rule_words import added
    from tools.permissions.judgement import Verdict

    try:
        until = deadline(length) if length else None
        wide: Scope = "user" if scope == "user" else "project"
        standing = _opened(invocation).grant(rule, wide, Verdict(verdict), until)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(added(standing))


@permissions.command("remove")
@click.argument("rule")
@click.option("--scope", type=click.Choice(["project", "user"]), help="Only where it holds for this.")
@pass_invocation
def remove_rule(invocation: Invocation, rule: str, scope: str | None) -> None:
    """Take RULE out of what was kept, or out of your settings. A session that runs keeps it until its end."""
    wide: Scope | None = None if scope is None else "user" if scope == "user" else "project"
    try:
        removed = _opened(invocation).revoke(rule, wide)
    except PermissionError as error:
        raise click.ClickException(
            f"{rule} stands in settings that are not your own file; it stays"
        ) from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if removed is None:
        raise click.ClickException(f"there is no rule {rule}; apprentice permissions list shows them")
    click.echo(f"no longer in force ({removed.place}): {removed.verdict} {rule}")


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
    for rule in (*allow, *deny, *ask):
        _about_commands(rule)
    return _made(mode or "ask", PermissionSettings(allow=allow, deny=deny, ask=ask), invocation.workspace)


def _about_commands(text: str) -> None:
    """Refuse a rule that says nothing of commands, as ``ls`` alone, which names a tool ``ls``."""
    from tools.permissions.rules import RuleError, parse_rule

    try:
        rule = parse_rule(text)
    except RuleError as error:
        raise click.UsageError(str(error)) from error
    if rule.tool != "run_shell":
        fix = f"commands are judged by rules such as run_shell({rule.pattern or rule.tool} *)"
        raise click.UsageError(f"rule {text!r} is about the tool {rule.tool}; {fix}")


def _opened(invocation: Invocation) -> "Permissions":
    from assistant.settings import SettingsError

    try:
        return _from_settings(invocation, None)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _from_settings(invocation: Invocation, mode: str | None) -> "Permissions":
    from assistant.rule_book import the_book

    settings = invocation.settings()
    book = the_book(invocation.workspace)
    return _made(mode or settings.mode, settings.permissions, book.workspace, book, book.kept())


def _made(
    mode: str,
    settings: "PermissionSettings",
    workspace: Path,
    keeper: "Keeper | None" = None,
    kept: "Sequence[Standing]" = (),
) -> "Permissions":
    from tools.permissions.book import Permissions
    from tools.permissions.judgement import MODES
    from tools.permissions.rules import RuleError
    from tools.permissions.standing import Unkept

    try:
        return Permissions(
            next(each for each in MODES if each == mode), settings, workspace, keeper or Unkept(), kept
        )
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
