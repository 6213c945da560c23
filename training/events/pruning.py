"""Which events are pruned, whatever the log is kept in, and what is written down of it.

Invariant: of a pruned event its envelope stays in the place of its record, with the record's hash, so that
sequence, versions and chain go on and what was removed is known; when and why is written down with it or
before it. What a dataset or a model cites is kept unless it is forced.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from training.events.base import EventLog, EventLogError
from training.events.citations import RECORDS, named_in_records
from training.events.views import given_moment, moment_of


@dataclass(frozen=True)
class Rule:
    """What may go: events older than ``before`` and of these ``types`` (None: any), or the oldest ones beyond
    ``max_bytes`` of records. What ``needed`` says yes to, by its event id, stays; so do the records of
    datasets, prompts and models where ``types`` does not name them. With ``force`` nothing does.
    """

    before: datetime | None
    types: frozenset[str] | None
    max_bytes: int | None
    needed: Callable[[str], bool]
    force: bool

    def keeps(self, event_id: str, event_type: str) -> bool:
        if self.force:
            return False
        return (self.types is None and event_type in RECORDS) or self.needed(event_id)


@dataclass(frozen=True)
class Pruned:
    """How many events were removed, of which types; how many stayed because they are cited; bytes freed."""

    events: int
    by_type: dict[str, int]
    cited: int
    freed: int


class Choice:
    """Asked event by event, the oldest first, which ones go. ``size`` is that of all records, in bytes."""

    def __init__(self, rule: Rule, size: int) -> None:
        self._rule = rule
        self._excess = None if rule.max_bytes is None else size - rule.max_bytes
        self.by_type: Counter[str] = Counter()
        self.sequences: list[int] = []
        self.cited = 0

    @property
    def is_enough(self) -> bool:
        """Whether the log is as small as it was to be."""
        return self._excess is not None and self._excess <= 0

    def takes(self, event: Mapping[str, Any], size: int) -> bool:
        """Whether the event goes; its record has ``size`` bytes."""
        if self._rule.before is not None and not _is_before(event["timestamp"], self._rule.before):
            return False
        if self._rule.keeps(event["event_id"], event["event_type"]):
            self.cited += 1
            return False
        self.by_type[event["event_type"]] += 1
        self.sequences.append(event["sequence"])
        if self._excess is not None:
            self._excess -= size
        return True

    def entry(self) -> dict[str, Any]:
        """What is written down."""
        rule = self._rule
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "before": rule.before and rule.before.isoformat(),
            "types": sorted(rule.types) if rule.types is not None else None,
            "max_bytes": rule.max_bytes,
            "forced": rule.force,
            "events": len(self.sequences),
            "by_type": dict(self.by_type),
            "cited": self.cited,
            "sequences": list(_runs(self.sequences)),
        }


def rule_for(
    log: EventLog,
    before: str | datetime | None,
    types: Collection[str] | None,
    max_bytes: int | None,
    keep_cited: Callable[[str], bool] | None,
    force: bool,
) -> Rule:
    """The rule of a ``prune``. What the log's own records name is needed; ``keep_cited`` knows what else is.

    Raises EventLogError where nothing says what may go, or ``before`` is no time.
    """
    if before is None and types is None and max_bytes is None:
        raise EventLogError("prune what? give a time, types, or a size")
    named = frozenset() if force else named_in_records(log)
    return Rule(
        None if before is None else given_moment(before),
        None if types is None else frozenset(types),
        max_bytes,
        lambda event_id: event_id in named or (keep_cited is not None and keep_cited(event_id)),
        force,
    )


def _is_before(timestamp: str, limit: datetime) -> bool:
    """An event that is dated by no time has no age."""
    moment = moment_of(timestamp)
    return moment is not None and moment < limit


def _runs(sequences: list[int]) -> Iterator[tuple[int, int]]:
    """``[1, 2, 3, 7]`` as ``(1, 3), (7, 7)``."""
    start = last = sequences[0]
    for sequence in sequences[1:]:
        if sequence != last + 1:
            yield start, last
            start = sequence
        last = sequence
    yield start, last
