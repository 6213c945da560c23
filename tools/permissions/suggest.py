"""The rule that an approval for the session, or for always, would add, and what a rule opens.

Invariant: a rule that ends in ``*`` is offered only for a program whose harmless arguments are known, with
its subcommand; everything else is offered as exactly this command, path or host.
"""

import re
from collections.abc import Sequence

from tools.calls import ToolCall
from tools.permissions.arguments import doubts
from tools.permissions.parts import Parsed, Part
from tools.permissions.programs import Program, base_name, is_wrapper, known
from tools.permissions.rules import PATH_TOOLS, Rule, RuleError, host_of, parse_rule


def shell_rule(command: str, parsed: Parsed) -> str:
    """The narrowest useful rule for a command, or "" where it cannot be read."""
    if parsed.broken or not parsed.parts:
        return ""
    if parsed.clear and len(parsed.parts) == 1:
        part = parsed.parts[0]
        words = _offered(part)
        if words and not (part.writes or part.assignments or part.passes_on):
            rule = f"run_shell({' '.join(words)} *)"
            if parse_rule(rule).covers_part(part, doubts(part)):
                return rule
    return f"run_shell(= {command.strip()})"


def _offered(part: Part) -> list[str]:
    """The words that an offered rule spells, none where only the exact command is offered."""
    texts = [word.text for word in part.words if word.literal]
    program = known(part.program)
    words = [part.program]
    while program is not None and program.subcommands:
        name = texts[len(words)] if len(texts) > len(words) else ""
        program = program.subcommands.get(name)
        words.append(name)
    if program is None or not program.offer or program.launches is not None:
        return []
    spelled = texts[len(words) : len(words) + program.offered]
    if len(spelled) < program.offered or not all(re.fullmatch(r"[a-z][\w:.-]*", each) for each in spelled):
        return []
    return [*words, *spelled]


def opens(rule: Rule) -> str:
    """What ``rule`` lets pass beyond what it spells, as the rest of a sentence; "" where that is little."""
    if rule.tool == "run_shell" and rule.bare:
        return "allows every command"
    if rule.tool != "run_shell" or "*" not in rule.words:
        return ""
    return _opens(rule.words, rule.open_ended)


def still_asks(rule: Rule) -> str:
    """How far a rule that ends in one ``*`` goes, as the rest of a sentence; "" where it covers all."""
    if rule.tool != "run_shell" or rule.bare or rule.open_ended or not rule.words or rule.words[-1] != "*":
        return ""
    program = known(rule.words[0])
    if program is None or program.anything or is_wrapper(base_name(rule.words[0])):
        return ""
    words = " ".join(rule.words[:-1])
    return f"covers the options that are known to be harmless; `{words} **` covers all"


def _opens(words: tuple[str, ...], open_ended: bool) -> str:
    name = base_name(words[0])
    if "*" in name:
        return "allows every command but what others run" if open_ended else "allows what only reads"
    program: Program | None = known(words[0])
    at = 1
    means = [program.opens] if program is not None else []
    while program is not None and at < len(words) and words[at] in program.subcommands:
        program = program.subcommands[words[at]]
        means.append(program.opens)
        at += 1
    opened = "; ".join(filter(None, means))
    called = " ".join((name, *words[1:at]))
    if program is None and is_wrapper(name):
        return f"does not cover what {name} runs: that is judged by itself, or asked"
    if program is None:
        more = "" if open_ended else "; words that name a program are asked"
        return f"allows all that {name}, which is not known here, does: it may write files{more}"
    if program.launches is not None:
        inner = words[at + program.launches :]
        if not inner or inner[0] == "*" or any(word.startswith("-") for word in words[at:-1]):
            return f"does not cover what {called} runs: that is judged by itself, or asked"
        return _opens(inner, open_ended) if "*" in inner else ""
    if not open_ended:
        return opened
    others = program.others or "they may write files or run programs"
    return "; ".join(filter(None, (opened, f"also allows all other options of `{called}`: {others}")))


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
