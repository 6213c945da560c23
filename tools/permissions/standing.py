"""Rules in force: what each says, for how long, and where it stands.

Invariant: a rule whose time is over is as if it were not there, whatever holds it; a rule for once is gone
after the first call that passed by it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from tools.permissions.judgement import Judgement, Verdict
from tools.permissions.rules import Rule

Scope = Literal["once", "session", "project", "user"]
SCOPES: tuple[Scope, ...] = ("once", "session", "project", "user")
"""For the next call that it covers; until the session ends; in this workspace; everywhere."""
Place = Literal["settings", "user", "project", "session", "once"]


@dataclass(frozen=True)
class Standing:
    """One rule. ``until`` (with a zone) is when it ends, None where nothing but its place ends it.

    ``place`` is ``settings`` where it stands in a settings file, the person's or the workspace's.
    """

    rule: Rule
    verdict: Verdict
    place: Place
    until: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """The rule as plain values."""
        until = self.until.isoformat(timespec="seconds") if self.until else None
        return {"where": self.place, "verdict": str(self.verdict), "rule": self.rule.text, "until": until}


class Keeper(Protocol):
    """Keeps rules that outlive the session, out of reach of the workspace."""

    def keep(self, standing: Standing) -> None:
        """Store it; durable on return. Raises an error of one line, and then nothing has changed."""

    def drop(self, standing: Standing) -> bool:
        """Take it out of the store; False where it is not theirs to take out. Raises as ``keep``."""

    def reread(self) -> list[Standing] | None:
        """All that it holds now, where that may have changed since it was last asked; else None.

        Raises as ``keep``.
        """


class Unkept:
    """Keeps nothing: every rule ends with the program."""

    def keep(self, standing: Standing) -> None:
        """Let it go."""

    def drop(self, standing: Standing) -> bool:
        """Nothing to take out."""
        return standing.place != "settings"

    def reread(self) -> list[Standing] | None:
        """Nothing changes."""
        return None


def _now() -> datetime:
    return datetime.now(UTC)


class Standings:
    """The rules of one session, in the order in which they are asked."""

    def __init__(self, first: Iterable[Standing] = (), now: Callable[[], datetime] = _now) -> None:
        self._all = list(first)
        self._now = now

    def in_force(self) -> list[Standing]:
        """Those whose time is not over."""
        now = self._now()
        self._all = [each for each in self._all if each.until is None or each.until > now]
        return list(self._all)

    def rules(self, verdict: Verdict) -> list[Rule]:
        """The rules in force that say ``verdict``."""
        return [each.rule for each in self.in_force() if each.verdict is verdict]

    def add(self, standing: Standing) -> None:
        """Put it in force; where the same stood in the same place, the new time counts."""
        self._all = [each for each in self._all if not _same(each, standing)] + [standing]

    def find(self, rule: str) -> list[Standing]:
        """Those in force with this text, the shortest-lived first."""
        found = [each for each in self.in_force() if each.rule.text == rule]
        order: tuple[Place, ...] = ("once", "session", "project", "user", "settings")
        return sorted(found, key=lambda each: order.index(each.place))

    def remove(self, standing: Standing) -> None:
        """Take it out of force."""
        self._all.remove(standing)

    def renew(self, before: Iterable[Standing], after: Iterable[Standing]) -> None:
        """Take over what is new in ``after``, and drop what it holds no longer.

        A rule of the settings that limits stays in force: another settings file may hold it too.
        """
        known, kept = list(before), list(after)
        for each in known:
            limits = each.place == "settings" and each.verdict is not Verdict.ALLOW
            if not limits and not any(_same(each, one) for one in kept):
                self._all = [one for one in self._all if not _same(one, each)]
        for each in kept:
            if each not in known:
                self.add(each)

    def end_session(self) -> None:
        """Drop what held for the session or for once."""
        self._all = [each for each in self._all if each.place not in ("session", "once")]

    def spend(self, judgement: Judgement) -> None:
        """Drop the rules for once by which a call has just passed."""
        if judgement.verdict is Verdict.ALLOW:
            used = {judgement.by, *(part.rule for part in judgement.parts)}
            self._all = [each for each in self._all if each.place != "once" or each.rule.text not in used]


def _same(one: Standing, other: Standing) -> bool:
    return (one.rule, one.verdict, one.place) == (other.rule, other.verdict, other.place)
