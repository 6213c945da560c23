"""The text of ``/help`` for an interface without a help panel."""

from collections.abc import Mapping, Sequence

from assistant.commands.base import Command

KEYS = (
    ("Enter", "send"),
    ("Alt+Enter, Ctrl+J, \\ Enter", "new line"),
    ("Tab", "complete commands, their arguments and @files"),
    ("Up, Down, Ctrl+R", "earlier requests, search them"),
    ("Shift+Tab", "next permission mode"),
    ("Esc, Ctrl+C", "interrupt the student; Ctrl+C also clears the line, twice on an empty one leaves"),
    ("Esc Esc", "clear the text"),
    ("Ctrl+G", "write in $EDITOR"),
    ("Ctrl+L", "redraw"),
    ("Ctrl+D", "leave, on an empty line"),
    ("F1", "this help, on an empty line"),
)
PREFIXES = (
    ("/", "a command"),
    ("@", "a file of the workspace"),
    ("!", "a shell command in the sandbox; the student sees it with the next request"),
)


def help_text(groups: Mapping[str, Sequence[Command]]) -> str:
    """Commands by group, then prefixes and keys, as Markdown."""
    lines = ["# Commands"]
    for group, commands in groups.items():
        lines += ["", f"## {group}", ""]
        lines += [f"- {_name(command)}: {command.summary}" for command in commands]
    lines += ["", "# Prefixes", "", *(f"- `{key}` {meaning}" for key, meaning in PREFIXES)]
    lines += ["", "# Keys", "", *(f"- `{key}` {meaning}" for key, meaning in KEYS)]
    return "\n".join(lines)


def command_help(command: Command) -> str:
    """What one command does and how it is written."""
    return f"{_name(command)}: {command.summary}"


def _name(command: Command) -> str:
    name = f"`/{command.name} {command.usage}`" if command.usage else f"`/{command.name}`"
    return name + "".join(f", `/{alias}`" for alias in command.aliases)
