"""What the program is and does now: /help, /tools, /status, /doctor, /exit."""

from collections.abc import Callable, Mapping, Sequence

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError, no_argument
from assistant.commands.help_text import command_help, help_text
from assistant.commands.markdown import code, plain, table
from assistant.modes import MODES
from assistant.plain.status_line import with_state
from assistant.student_lines import runtime_lines
from assistant.tool_lines import summary_lines
from sandbox.base import Check

Groups = Mapping[str, Sequence[Command]]


def help_command(groups: Callable[[], Groups]) -> Command:
    """``/help`` over the commands of ``groups``, which are known only after all are made."""

    async def run(context: CommandContext, argument: str) -> None:
        if argument:
            context.interface.show(command_help(_named(groups(), argument)))
        elif not await context.interface.open_panel("help"):
            context.interface.show(help_text(groups()))

    def complete(context: CommandContext, typed: str) -> list[str]:
        return [c.name for group in groups().values() for c in group if c.name.startswith(typed)]

    return Command("help", "commands and keys, or one command", run, usage="[COMMAND]", complete=complete)


def _named(groups: Groups, argument: str) -> Command:
    wanted = argument.removeprefix("/").lower()
    for group in groups.values():
        for command in group:
            if wanted == command.name or wanted in command.aliases:
                return command
    raise CommandError(f"no command /{wanted}; /help lists them")


async def _tools(context: CommandContext, argument: str) -> None:
    no_argument("tools", argument)
    if await context.interface.open_panel("tools"):
        return
    rows = [(code(tool.name), tool.risk.value, plain(tool.description)) for tool in context.chat.tools]
    context.interface.show(table(("tool", "risk", "what it does"), rows))


async def _status(context: CommandContext, argument: str) -> None:
    no_argument("status", argument)
    if await context.interface.open_panel("status"):
        return
    status = context.chat.status()
    used = (
        f"{status.context_used:,} of {status.context_limit:,} tokens" if status.context_limit else "unknown"
    )
    rows = (
        ("session", f"{code(status.session_id)} {plain(status.session_title)}".strip()),
        ("workspace", code(status.workspace)),
        ("mode", f"{status.mode}: {MODES.get(status.mode, '')}"),
        ("student", code(with_state(status.student, status.student_state))),
        ("sandbox", code(with_state(status.sandbox, status.sandbox_state))),
        ("context", f"{used}; {plain(status.student_notice)}" if status.student_notice else used),
        *(
            (name, plain(said))
            for name, said in runtime_lines(context.chat.student_stats, status.cached_share)
        ),
        *((f"tools: {name}", plain(said)) for name, said in summary_lines(await context.chat.tool_figures())),
    )
    context.interface.show(table(("", "now"), rows))


async def _doctor(context: CommandContext, argument: str) -> None:
    no_argument("doctor", argument)
    if await context.interface.open_panel("doctor"):
        return
    checks = await context.chat.doctor()
    context.interface.show("\n".join(line for check in checks for line in _check_lines(check)))


def _check_lines(check: Check) -> list[str]:
    """What was looked at, and where it does not work the command that mends it."""
    detail = f": {plain(check.detail, 400)}" if check.detail else ""
    if check.ok:
        return [f"- ok {plain(check.name)}{detail}"]
    mend = [f"  - to mend it: {code(check.fix, 400)}"] if check.fix else []
    return [f"- **no** {plain(check.name)}{detail}", *mend]


async def _exit(context: CommandContext, argument: str) -> None:
    no_argument("exit", argument)
    context.interface.exit()


COMMANDS = (
    Command("tools", "what the student may call, with the risk of each", _tools),
    Command("status", "mode, student, sandbox, session and context", _status),
    Command("doctor", "what works on this machine, and what mends the rest", _doctor),
    Command("exit", "leave; the session is kept", _exit, aliases=("quit",)),
)
