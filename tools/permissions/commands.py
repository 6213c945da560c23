"""The judgement of a command line, part by part.

Invariant: without a rule nothing is allowed but by mode ``auto``; a command that cannot be read is
never allowed, in no mode and by no rule. Covered: each simple command of lists, pipelines,
substitutions and wrappers. Not covered: what the programs do; that is the sandbox's part.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tools.permissions.arguments import doubts
from tools.permissions.judgement import JudgedPart, Judgement, Mode, Verdict
from tools.permissions.matching import Touch, mentions
from tools.permissions.parts import Parsed, Part
from tools.permissions.programs import known
from tools.permissions.rules import Rule
from tools.permissions.shell import MOVES, parse
from tools.permissions.suggest import shell_rule

HIDDEN = "and a rule could forbid what it hides"
PLAN = "mode plan only reads; change the mode to do more"
PLAN_RUNS = "mode plan only reads; change the mode to run commands"


@dataclass(frozen=True)
class ShellRules:
    """The rules that name ``run_shell``."""

    allow: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()


def judge_command(command: str, rules: ShellRules, mode: Mode) -> Judgement:
    """Judge ``command``; deny wins, then the mode ``plan``, then ask, then what allows."""
    parsed = parse(command)
    parts = _judge_parts(parsed, rules)
    whole = _whole(command, rules)
    unclear = tuple(filter(None, (parsed.broken, *parsed.unclear)))
    rule = shell_rule(command, parsed)
    verdicts = {part.verdict for part in parts}
    if whole is not None and whole[0] is Verdict.DENY:
        return Judgement(Verdict.DENY, "rule", (f"denied by rule {whole[1].text}",), parts)
    if Verdict.DENY in verdicts:
        return Judgement(Verdict.DENY, "rule", _named(parts, Verdict.DENY), parts)
    if mode == "plan":
        return Judgement(Verdict.DENY, "mode", (PLAN_RUNS,), parts)
    if whole is not None and whole[0] is Verdict.ASK:
        return Judgement(Verdict.ASK, "rule", (f"asked by rule {whole[1].text}",), parts, rule)
    asked = tuple(part for part in parts if part.verdict is Verdict.ASK and part.rule)
    if asked:
        return Judgement(Verdict.ASK, "rule", _named(asked, Verdict.ASK), parts, rule)
    if parsed.broken:
        return Judgement(Verdict.ASK, "command", unclear, parts)
    named = whole is not None and bool(whole[1].exact)
    if unclear and not named and (rules.deny or rules.ask) and (mode == "auto" or whole is not None):
        return Judgement(Verdict.ASK, "command", (*unclear, HIDDEN), parts, rule)
    if mode == "auto":
        passed = tuple(replace(part, verdict=Verdict.ALLOW, reasons=("mode auto",)) for part in parts)
        return Judgement(Verdict.ALLOW, "mode", ("mode auto",), passed)
    if whole is not None:
        passed = tuple(JudgedPart(part.command, Verdict.ALLOW, whole[1].text) for part in parts)
        allowed = (f"allowed by rule {whole[1].text}",)
        return Judgement(Verdict.ALLOW, "rule", allowed, passed, by=whole[1].text)
    if unclear:
        return Judgement(Verdict.ASK, "command", unclear, parts, rule)
    if verdicts == {Verdict.ALLOW}:
        return Judgement(Verdict.ALLOW, "rule", _named(parts, Verdict.ALLOW), parts)
    return Judgement(Verdict.ASK, "mode", _named(parts, Verdict.ASK) or ("there is no command",), parts, rule)


def _whole(command: str, rules: ShellRules) -> tuple[Verdict, Rule] | None:
    """The strongest rule that names the whole tool, or exactly this command."""
    for verdict, group in (
        (Verdict.DENY, rules.deny),
        (Verdict.ASK, rules.ask),
        (Verdict.ALLOW, rules.allow),
    ):
        for rule in group:
            if rule.bare or (rule.exact and rule.exact == command.strip()):
                return verdict, rule
    return None


def _named(parts: Iterable[JudgedPart], verdict: Verdict) -> tuple[str, ...]:
    chosen = [part for part in parts if part.verdict is verdict]
    why = [f"rule {part.rule}" if part.rule else "; ".join(part.reasons) for part in chosen]
    lines = [f"{' '.join(part.command.split())}: {reason}" for part, reason in zip(chosen, why, strict=True)]
    return tuple(dict.fromkeys(lines))


def _judge_parts(parsed: Parsed, rules: ShellRules) -> tuple[JudgedPart, ...]:
    judged: list[JudgedPart] = []
    outer = Verdict.ASK
    moved = any(part.program in MOVES for part in parsed.parts)
    for part in parsed.parts:
        found = _judge_part(part, rules, moved)
        if part.within and found.verdict is Verdict.ASK and not found.rule:
            found = JudgedPart(found.command, outer, reasons=("judged with what runs it",))
        elif not part.within:
            outer = found.verdict
        judged.append(found)
    return tuple(judged)


def _judge_part(part: Part, rules: ShellRules, moved: bool) -> JudgedPart:
    """Judge ``part``; where the command has ``moved`` to another folder, only readers pass by a rule."""
    doubtful: Rule | None = None
    risky = doubts(part)
    for rule in rules.deny:
        touch = rule.touches_part(part)
        if touch is Touch.YES:
            return JudgedPart(part.text, Verdict.DENY, rule.text)
        doubtful = rule if touch is Touch.MAYBE else doubtful
    for rule in rules.ask:
        doubtful = rule if rule.touches_part(part) else doubtful
    if doubtful is None and (risky or part.assignments):
        mentioning = (rule for rule in (*rules.deny, *rules.ask) if mentions(rule.words, part))
        doubtful = next(mentioning, None)
    if doubtful is not None:
        return JudgedPart(part.text, Verdict.ASK, doubtful.text)
    if part.passes_on:
        return JudgedPart(part.text, Verdict.ALLOW, reasons=("only runs what follows",))
    if moved and 0 in risky.reasons:
        return JudgedPart(part.text, Verdict.ASK, reasons=("in another folder it obeys what lies there",))
    for rule in rules.allow:
        if rule.covers_part(part, risky):
            return JudgedPart(part.text, Verdict.ALLOW, rule.text)
    named = any(rule.words[:1] == (part.program,) for rule in rules.allow)
    reasons = [*risky.reasons.values()] if named or known(part.program) else []
    reasons += [f"writes to {target}" for target in part.writes]
    reasons += [f"sets {assignment}" for assignment in part.assignments]
    return JudgedPart(part.text, Verdict.ASK, reasons=tuple(dict.fromkeys(reasons)) or ("no rule allows it",))
