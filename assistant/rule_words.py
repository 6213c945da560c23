"""Rules as a person says them to a command: a scope, a verdict, an end, then the rule.

Invariant: what is not one of these words begins the rule; nothing of the rule is ever taken for one of them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from assistant.moments import deadline
from tools.permissions.judgement import Verdict
from tools.permissions.standing import SCOPES, Scope, Standing
from tools.permissions.suggest import opens, still_asks

_LASTS: dict[str, str] = {
    "once": "for the next call that it covers",
    "session": "until this session ends",
    "project": "in this workspace, also in later sessions",
    "user": "in every workspace",
    "settings": "in every workspace, in your settings",
}
_SCOPES: dict[str, Scope] = {**{each: each for each in SCOPES}, "always": "user"}
_SAID = {Verdict.ALLOW: "allowed", Verdict.ASK: "asked", Verdict.DENY: "denied"}


@dataclass(frozen=True)
class Said:
    """A rule to be added."""

    rule: str
    scope: Scope = "session"
    verdict: Verdict = Verdict.ALLOW
    until: datetime | None = None


def said(text: str) -> Said:
    """Read ``[once|session|project|user] [allow|ask|deny] [for TIME] RULE``, the first three in any order.

    Raises ValueError where TIME is none.
    """
    scope: Scope = "session"
    verdict = Verdict.ALLOW
    until: datetime | None = None
    rest = text.strip()
    while True:
        word, _, behind = rest.partition(" ")
        behind = behind.strip()
        if not behind:
            return Said(rest, scope, verdict, until)
        if word in _SCOPES:
            scope = _SCOPES[word]
        elif word in set(Verdict):
            verdict = Verdict(word)
        elif word == "for":
            length, _, behind = behind.partition(" ")
            until = deadline(length)
        else:
            return Said(rest, scope, verdict, until)
        rest = behind.strip()


def nameless(standings: Iterable[Standing], tools: Collection[str]) -> tuple[str, ...]:
    """A line for each rule that names no tool, and so forbids and allows nothing."""
    lost = (each.rule for each in standings if each.rule.tool not in tools)
    return tuple(
        f"rule {rule.text}: there is no tool {rule.tool}; for a command write run_shell({rule.tool} *)"
        for rule in lost
    )


def added(standing: Standing) -> str:
    """What was added, in a line, with what an allow rule opens and what it leaves to a question."""
    line = f"{_SAID[standing.verdict]} {_LASTS[standing.place]}{ends(standing)}: {standing.rule.text}"
    if standing.verdict is not Verdict.ALLOW:
        return line
    return "; it ".join(filter(None, (line, opens(standing.rule), still_asks(standing.rule))))


def ends(standing: Standing) -> str:
    """When it ends, in the reader's time, or nothing."""
    return f", until {standing.until.astimezone():%Y-%m-%d %H:%M}" if standing.until else ""
