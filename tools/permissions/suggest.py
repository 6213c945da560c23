"""The rule that an approval for the session, or for always, would add.

Invariant: never broader than one program with one subcommand, or one program that only reads or
checks; everything else is offered as exactly this command, path or host.
"""

import re
from collections.abc import Sequence

from tools.calls import ToolCall
from tools.permissions.parts import Parsed
from tools.permissions.rules import PATH_TOOLS, RuleError, host_of, parse_rule
from tools.permissions.runners import dangers
from tools.permissions.words import names

_READERS = names(
    "ls cat head tail wc grep egrep fgrep rg pwd echo file stat du df tree which whoami date uname diff cmp "
    "cut nl basename dirname realpath readlink sha256sum md5sum pytest ruff mypy flake8 pylint"
)
_SUBCOMMANDS = names("git npm pnpm yarn cargo go pip uv poetry make docker kubectl gh dotnet mvn gradle")
_TOO_MUCH = names(
    "push reset clean checkout restore rm publish uninstall remove install add-user login logout delete "
    "prune exec run apply filter-branch switch"
)


def shell_rule(command: str, parsed: Parsed) -> str:
    """The narrowest useful rule for a command, or "" where it cannot be read."""
    if parsed.broken or not parsed.parts:
        return ""
    shown = [part for part in parsed.parts if not part.passes_on]
    if parsed.clear and len(shown) == 1 and len(parsed.parts) == 1:
        part = shown[0]
        plain = not (part.writes or part.assignments or dangers(part))
        words = [word.text for word in part.words if word.literal]
        if plain and part.program in _READERS:
            return f"run_shell({part.program} *)"
        named = len(words) == len(part.words) > 1 and re.fullmatch(r"[a-z][a-z0-9:_-]*", words[1])
        if plain and named and part.program in _SUBCOMMANDS and words[1] not in _TOO_MUCH:
            return f"run_shell({part.program} {words[1]} *)"
    return f"run_shell(= {command.strip()})"


def call_rule(call: ToolCall, targets: Sequence[str]) -> str:
    """The rule for a call of any other tool, or "" where its target cannot be named."""
    if call.tool == "fetch_url":
        host = host_of(call.arguments.get("url"))
        return f"fetch_url({host})" if host else ""
    if call.tool not in PATH_TOOLS:
        return call.tool
    if not targets or targets[0] == ".":
        return call.tool if targets else ""
    escaped = re.sub(r"([*?\[\]\\!#])", r"\\\1", targets[0])
    rule = f"{call.tool}(/{escaped})"
    try:
        return rule if parse_rule(rule).names(targets[0]) else ""
    except RuleError:
        return ""
