"""The book of permissions of one session: modes, rules, grants and refusals.

Invariant: deny wins over ask, ask over allow, in every mode; an approval of one call leaves no trace
here; an empty list of allow rules allows nothing. Nothing the student or a workspace file says
reaches this object: only a person's answer calls ``grant``. A permission is no boundary, the sandbox is.
"""

import copy
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tools.calls import Risk, ToolCall
from tools.permissions.commands import PLAN, ShellRules, judge_command
from tools.permissions.judgement import MODES, Judgement, Mode, Verdict
from tools.permissions.rules import PATH_TOOLS, Rule, host_of, inside, parse_rule
from tools.permissions.self_running import runs_when
from tools.permissions.settings import PermissionSettings
from tools.permissions.standing import Keeper, Place, Scope, Standing, Standings, Unkept
from tools.permissions.suggest import call_rule, opens

_PROTECTED = frozenset({".git", ".apprentice"})
_UNKEPT = Unkept()


class Permissions:
    """Judges calls. ``mode`` may be changed at any time by the person.

    ``keeper`` stores what is granted for longer than the session, never in the workspace; ``kept`` is what it
    held at the start. Raises RuleError where a rule of ``settings`` does not parse.
    """

    def __init__(
        self,
        mode: Mode,
        settings: PermissionSettings,
        workspace: Path,
        keeper: Keeper = _UNKEPT,
        kept: Iterable[Standing] = (),
    ) -> None:
        self.mode: Mode = mode
        self.workspace = workspace
        self._keeper = keeper
        listed = ((Verdict.DENY, settings.deny), (Verdict.ASK, settings.ask), (Verdict.ALLOW, settings.allow))
        stated = [
            Standing(parse_rule(text), verdict, "settings") for verdict, group in listed for text in group
        ]
        self._standings = Standings([*stated, *kept])
        self._kept = keeper.reread() or []
        self._refused: set[str] = set()

    def rules(self) -> list[Standing]:
        """Every rule in force."""
        return self._standings.in_force()

    def refresh(self) -> None:
        """Take over what was kept or dropped elsewhere since, as by another program.

        Raises as the keeper does, and then what was in force stays.
        """
        kept = self._keeper.reread()
        if kept is not None:
            self._standings.renew(self._kept, kept)
            self._kept = kept

    def judge(self, call: ToolCall, risk: Risk) -> Judgement:
        """What happens to ``call``. It changes nothing."""
        judged = self._judge(call, risk)
        if judged.rule:
            judged = replace(judged, opens=opens(parse_rule(judged.rule)))
        if judged.verdict is Verdict.ASK and _key(call) in self._refused:
            return Judgement(Verdict.DENY, "refused", ("the person refused this very call",), judged.parts)
        return judged

    def ways_through(self, call: ToolCall, risk: Risk) -> tuple[str, str]:
        """The narrowest mode, and the rule, by which ``call`` would run unasked; empty where none is."""
        other, rule = copy.copy(self), ""
        for other.mode in MODES:
            judged = other._judge(call, risk)
            if judged.verdict is Verdict.ALLOW:
                return other.mode, rule
            rule = judged.rule or rule
        return "", rule

    def grant(
        self,
        rule: str,
        scope: Scope,
        verdict: Verdict = Verdict.ALLOW,
        until: datetime | None = None,
    ) -> Standing:
        """Add a rule, stored where ``scope`` outlives the session. Raises RuleError, and as the keeper does.

        What holds everywhere and for good stands in the person's settings.
        """
        place: Place = "settings" if scope == "user" and until is None else scope
        standing = Standing(parse_rule(rule), verdict, place, until)
        if scope in ("project", "user"):
            self._keeper.keep(standing)
        self._standings.add(standing)
        return standing

    def revoke(self, rule: str, scope: Scope | None = None) -> Standing | None:
        """Take back the shortest-lived rule with this text, or that of ``scope``; None where there is none.

        Raises RuleError; PermissionError where it stands in settings that are not the person's own.
        """
        places = ("user", "settings") if scope == "user" else (scope,)
        for standing in self._standings.find(parse_rule(rule).text):
            if scope is not None and standing.place not in places:
                continue
            if standing.place in ("project", "user", "settings") and not self._keeper.drop(standing):
                raise PermissionError(standing.rule.text)
            self._standings.remove(standing)
            return standing
        return None

    def spend(self, judgement: Judgement) -> None:
        """A call has passed by ``judgement``: a rule for once by which it did is gone."""
        self._standings.spend(judgement)

    def refuse(self, call: ToolCall) -> None:
        """Remember a refusal: the same tool with the same arguments is denied without a question."""
        self._refused.add(_key(call))

    def forget_refusals(self) -> None:
        """Let refused calls be asked again, as when the person makes a new request."""
        self._refused.clear()

    def forget_session(self) -> None:
        """Drop what was granted and refused for the session, as when another one begins."""
        self._standings.end_session()
        self._refused.clear()

    def _judge(self, call: ToolCall, risk: Risk) -> Judgement:
        command = call.arguments.get("command")
        if call.tool == "run_shell" and isinstance(command, str):
            groups = (self._of(verdict, call) for verdict in (Verdict.ALLOW, Verdict.ASK, Verdict.DENY))
            return judge_command(command, ShellRules(*groups), self.mode)
        targets = self._targets(call)
        denied = self._named_by(Verdict.DENY, call, targets)
        if denied:
            return Judgement(Verdict.DENY, "rule", (f"denied by rule {denied.text}",))
        if self.mode == "plan" and risk not in (Risk.NONE, Risk.READ):
            return Judgement(Verdict.DENY, "mode", (PLAN,))
        rule = call_rule(call, targets)
        asked = self._named_by(Verdict.ASK, call, targets)
        if asked:
            return Judgement(Verdict.ASK, "rule", (f"asked by rule {asked.text}",), rule=rule)
        limiting = (*self._of(Verdict.DENY, call), *self._of(Verdict.ASK, call))
        if not targets and any(not each.bare for each in limiting):
            return Judgement(Verdict.ASK, "command", ("a rule could forbid a target that cannot be read",))
        for each in self._of(Verdict.ALLOW, call):
            if each.bare or (targets and all(each.names(target) for target in targets)):
                return Judgement(Verdict.ALLOW, "rule", (f"allowed by rule {each.text}",), by=each.text)
        return self._by_mode(call, risk, targets, rule)

    def _by_mode(self, call: ToolCall, risk: Risk, targets: tuple[str, ...], rule: str) -> Judgement:
        passes = risk in (Risk.NONE, Risk.READ)
        reason = f"mode {self.mode} asks before a {risk} call"
        if risk is Risk.WRITE and self.mode in ("edit", "auto"):
            passes = bool(targets) and call.tool in PATH_TOOLS and not any(map(_protected, targets))
            reason = "the path is protected, or not inside the workspace"
        if passes and risk is Risk.WRITE and self.mode == "edit":
            running = next(filter(None, (runs_when(target, self.workspace) for target in targets)), "")
            passes = not running
            reason = f"{targets[0]} runs {running}: asked also in mode edit"
        if risk is Risk.EXECUTE and self.mode == "auto":
            passes = True
        if passes:
            return Judgement(Verdict.ALLOW, "mode", (f"mode {self.mode}",))
        return Judgement(Verdict.ASK, "mode", (reason,), rule=rule)

    def _of(self, verdict: Verdict, call: ToolCall) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._standings.rules(verdict) if rule.tool == call.tool)

    def _named_by(self, verdict: Verdict, call: ToolCall, targets: tuple[str, ...]) -> Rule | None:
        for rule in self._of(verdict, call):
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
