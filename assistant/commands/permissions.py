"""Modes and rules: /permissions, /plan, /mode.

Invariant: only the person gets here; neither the student nor a file of the workspace can run a command.
"""

import shlex

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.markdown import block, code, table
from assistant.modes import MODES
from assistant.paths import PathsError
from assistant.rule_words import added, ends, said
from assistant.settings_file import SettingsError
from tools.calls import Risk, ToolCall
from tools.permissions.judgement import explain
from tools.permissions.rules import RuleError
from tools.permissions.standing import SCOPES, Scope

ACTIONS = ("list", "add", "remove", "test")
USAGE = 'list | add [once|session|project|user] [allow|ask|deny] [for 2h] RULE | remove RULE | test "COMMAND"'


async def _permissions(context: CommandContext, argument: str) -> None:
    action, _, rest = argument.partition(" ")
    rest = rest.strip()
    if not argument and await context.interface.open_panel("permissions"):
        return
    if action in ("", "list"):
        _list(context)
    elif action not in ACTIONS:
        raise CommandError(f"/permissions takes {USAGE}")
    elif not rest:
        raise CommandError(f"/permissions {action} takes a {'command' if action == 'test' else 'rule'}")
    elif action == "test":
        _test(context, rest)
    elif action == "add":
        _add(context, rest)
    else:
        _remove(context, rest)


def _list(context: CommandContext) -> None:
    mode = context.chat.status().mode
    rows = [
        (str(each.verdict), code(each.rule.text), each.place + ends(each))
        for each in context.chat.permissions.rules()
    ]
    rules = table(("verdict", "rule", "stands in"), rows) if rows else "No rules: the mode alone decides."
    context.interface.show(f"Mode {mode}: {MODES.get(mode, '')}\n\n{rules}")


def _add(context: CommandContext, text: str) -> None:
    try:
        rule = said(text)
        standing = context.chat.permissions.grant(rule.rule, rule.scope, rule.verdict, rule.until)
    except (ValueError, SettingsError, PathsError) as error:
        raise CommandError(str(error)) from error
    context.interface.notify(added(standing))


def _remove(context: CommandContext, text: str) -> None:
    word, _, rest = text.partition(" ")
    scope: Scope | None = next((each for each in SCOPES if each == word and rest.strip()), None)
    rule = rest.strip() if scope else text
    try:
        removed = context.chat.permissions.revoke(rule, scope)
    except PermissionError as error:
        raise CommandError(f"{rule} stands in settings that are not your own file; it stays") from error
    except (RuleError, SettingsError, PathsError) as error:
        raise CommandError(str(error)) from error
    if removed is None:
        raise CommandError(f"there is no rule {rule}; /permissions list shows them")
    context.interface.notify(f"no longer in force ({removed.place}): {removed.verdict} {rule}")


def _test(context: CommandContext, text: str) -> None:
    command = _unquoted(text)
    call = ToolCall("test", "run_shell", {"command": command})
    judged = context.chat.permissions.judge(call, Risk.EXECUTE)
    context.interface.show(f"{code(command, 400)}\n\n{block(explain(judged))}")


def _unquoted(text: str) -> str:
    """What stands between the quotes, where the whole text is one quoted word; else the text."""
    if text[0] not in "'\"":
        return text
    try:
        words = shlex.split(text)
    except ValueError:
        return text
    return words[0] if len(words) == 1 else text


async def _plan(context: CommandContext, argument: str) -> None:
    no_argument("plan", argument)
    _set_mode(context, "ask" if context.chat.status().mode == "plan" else "plan")


async def _mode(context: CommandContext, argument: str) -> None:
    if argument and argument not in MODES:
        raise CommandError(f"no mode {argument}: it is one of {', '.join(MODES)}")
    _set_mode(context, argument or context.chat.status().mode)


def _set_mode(context: CommandContext, mode: str) -> None:
    context.chat.set_mode(mode)
    context.interface.notify(f"mode {mode}: {MODES[mode]}")


def _complete_mode(context: CommandContext, typed: str) -> list[str]:
    return [mode for mode in MODES if mode.startswith(typed)]


def _complete_action(context: CommandContext, typed: str) -> list[str]:
    if typed.startswith("remove "):
        rules = dict.fromkeys(each.rule.text for each in context.chat.permissions.rules())
        return [f"remove {rule}" for rule in rules if f"remove {rule}".startswith(typed)]
    if typed.startswith("add "):
        return [f"add {scope} " for scope in SCOPES if f"add {scope}".startswith(typed)]
    return [action for action in ACTIONS if action.startswith(typed)]


COMMANDS = (
    Command(
        "permissions", "rules: show, change or try them", _permissions, usage=USAGE, complete=_complete_action
    ),
    Command("plan", "read only, until /plan again", _plan),
    Command("mode", "show or change the permission mode", _mode, usage="[MODE]", complete=_complete_mode),
)
