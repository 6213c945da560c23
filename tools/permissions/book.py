"""The book of permissions of one session: modes, rules, grants and refusals.

Invariant: deny wins over ask, ask over allow, in every mode; an approval for once leaves no trace
here; an empty list of allow rules allows nothing. Nothing the student or a workspace file says
reaches this object: only a person's answer calls ``grant``. A permission is no boundary, the sandbox is.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tools.calls import Risk, ToolCall
from tools.permissions.commands import PLAN, ShellRules, judge_command
from tools.permissions.judgement import Judgement, Mode, Verdict
from tools.permissions.rules import PATH_TOOLS, Rule, host_of, inside, parse_rule
from tools.permissions.settings import PermissionSettings
from tools.permissions.suggest import call_rule

Scope = Literal["session", "always"]
_PROTECTED = frozenset({".git", ".apprentice"})


def _forget(rule: str) -> None:
    """The default for ``remember``: the grant holds for this session only."""


class Permissions:
    """Judges calls. ``mode`` may be changed at any time by the person.

    ``remember`` stores a rule in the person's own settings, never in the workspace's. Raises
    RuleError where a rule of ``settings`` does not parse.
    """

    def __init__(
        self,
        mode: Mode,
        settings: PermissionSettings,
        workspace: Path,
        remember: Callable[[str], None] = _forget,
    ) -> None:
        self.mode: Mode = mode
        self.workspace = workspace
        self._remember = remember
        self._allow = [parse_rule(text) for text in settings.allow]
        self._ask = [parse_rule(text) for text in settings.ask]
        self._deny = [parse_rule(text) for text in settings.deny]
        self._granted: list[Rule] = []
        self._refused: set[str] = set()

    def rules(self) -> list[tuple[str, Verdict, str]]:
        """Every rule in force: where it stands (``settings`` or ``session``), its verdict, its text."""
        listed = [("settings", Verdict.DENY, rule.text) for rule in self._deny]
        listed += [("settings", Verdict.ASK, rule.text) for rule in self._ask]
        listed += [("settings", Verdict.ALLOW, rule.text) for rule in self._allow]
        return listed + [("session", Verdict.ALLOW, rule.text) for rule in self._granted]

    def judge(self, call: ToolCall, risk: Risk) -> Judgement:
        """What happens to ``call``. It changes nothing."""
        judged = self._judge(call, risk)
        if judged.verdict is Verdict.ASK and _key(call) in self._refused:
            return Judgement(Verdict.DENY, "refused", ("the person refused this very call",), judged.parts)
        return judged

    def grant(self, rule: str, scope: Scope) -> None:
        """Add an allow rule for this session, and for always where ``scope`` says so. Raises RuleError."""
        parsed = parse_rule(rule)
        if scope == "always":
            self._remember(parsed.text)
        rules = self._allow if scope == "always" else self._granted
        if parsed not in rules:
            rules.append(parsed)

    def revoke(self, rule: str) -> bool:
        """Take back a grant of this session; False where there is none."""
        kept = [granted for granted in self._granted if granted.text != parse_rule(rule).text]
        changed = len(kept) != len(self._granted)
        self._granted = kept
        return changed

    def refuse(self, call: ToolCall) -> None:
        """Remember a refusal: the same tool with the same arguments is denied without a question."""
        self._refused.add(_key(call))

    def forget_refusals(self) -> None:
        """Let refused calls be asked again, as when the person makes a new request."""
        self._refused.clear()

    def forget_session(self) -> None:
        """Drop what was granted and refused for the session, as when another one begins."""
        self._granted.clear()
        self._refused.clear()

    def _judge(self, call: ToolCall, risk: Risk) -> Judgement:
        command = call.arguments.get("command")
        if call.tool == "run_shell" and isinstance(command, str):
            groups = (
                self._of(group, call) for group in ([*self._allow, *self._granted], self._ask, self._deny)
            )
            return judge_command(command, ShellRules(*groups), self.mode)
        targets = self._targets(call)
        denied = self._named_by(self._deny, call, targets)
        if denied:
            return Judgement(Verdict.DENY, "rule", (f"denied by rule {denied.text}",))
        if self.mode == "plan" and risk not in (Risk.NONE, Risk.READ):
            return Judgement(Verdict.DENY, "mode", (PLAN,))
        rule = call_rule(call, targets)
        asked = self._named_by(self._ask, call, targets)
        if asked:
            return Judgement(Verdict.ASK, "rule", (f"asked by rule {asked.text}",), rule=rule)
        unnamed = not targets and any(not each.bare for each in self._of([*self._deny, *self._ask], call))
        if unnamed:
            return Judgement(Verdict.ASK, "command", ("a rule could forbid a target that cannot be read",))
        for each in self._of([*self._allow, *self._granted], call):
            if each.bare or (targets and all(each.names(target) for target in targets)):
                return Judgement(Verdict.ALLOW, "rule", (f"allowed by rule {each.text}",))
        return self._by_mode(call, risk, targets, rule)

    def _by_mode(self, call: ToolCall, risk: Risk, targets: tuple[str, ...], rule: str) -> Judgement:
        passes = risk in (Risk.NONE, Risk.READ)
        reason = f"mode {self.mode} asks before a {risk} call"
        if risk is Risk.WRITE and self.mode in ("edit", "auto"):
            passes = bool(targets) and call.tool in PATH_TOOLS and not any(map(_protected, targets))
            reason = "the path is protected, or not inside the workspace"
        if risk is Risk.EXECUTE and self.mode == "auto":
            passes = True
        if passes:
            return Judgement(Verdict.ALLOW, "mode", (f"mode {self.mode}",))
        return Judgement(Verdict.ASK, "mode", (reason,), rule=rule)

    @staticmethod
    def _of(rules: list[Rule], call: ToolCall) -> tuple[Rule, ...]:
        return tuple(rule for rule in rules if rule.tool == call.tool)

    def _named_by(self, rules: list[Rule], call: ToolCall, targets: tuple[str, ...]) -> Rule | None:
        for rule in self._of(rules, call):
            if rule.bare or any(rule.names(target) for target in targets):
                return rule
        return None

    def _targets(self, call: ToolCall) -> tuple[str, ...]:
        """What the call reaches: paths inside the workspace, or a host; empty where that cannot be said."""
        if call.tool in PATH_TOOLS:
            return inside(self.workspace, call.arguments.get("path", ".")) or ()
        if call.tool == "fetch_url":
            host = host_of(call.arguments.get("url"))
            return (host,) if host else ()
        return ()


def _protected(target: str) -> bool:
    return any(name.casefold() in _PROTECTED for name in target.split("/"))


def _key(call: ToolCall) -> str:
    return json.dumps([call.tool, call.arguments], sort_keys=True, default=repr)
