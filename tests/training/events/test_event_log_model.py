"""The log against a model in memory: whatever is done in whatever order, both say the same."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from training.events import EventLogError, VersionConflict
from training.events.base import Event
from training.events.ids import new_event
from training.events.log import TinyEventLog
from training.events.segments import numbers, sidecar_path

AGGREGATES = st.sampled_from("abc")
TYPES = st.sampled_from(["ONE", "TWO"])


class LogMachine(RuleBasedStateMachine):
    """Two logs open on one folder, as two processes have it, and a plain list."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="apprentice-log-"))
        self.folder = self.root / "log"
        self.logs = [self.opened(), self.opened()]
        self.model: list[Event] = []
        self.removed: set[str] = set()
        self.versions: dict[str, int] = {}

    def opened(self) -> TinyEventLog:
        return TinyEventLog(self.folder, segment_bytes=900, sync="never")

    def teardown(self) -> None:
        if hasattr(self, "logs"):
            for which, log in enumerate(self.logs):
                self.look(which)
                log.close()
            shutil.rmtree(self.root)

    def expect(self, event: Event) -> Event:
        version = self.versions.get(event.aggregate_id, 0) + 1
        self.versions[event.aggregate_id] = version
        self.model.append(replace(event, version=version, sequence=len(self.model) + 1))
        return self.model[-1]

    def kept(self) -> list[Event]:
        return [event for event in self.model if event.event_id not in self.removed]

    @rule(which=st.integers(0, 1), aggregate=AGGREGATES, kind=TYPES, size=st.integers(0, 200))
    def append(self, which: int, aggregate: str, kind: str, size: int) -> None:
        event = new_event(kind, aggregate, "x", {"text": "x" * size}, correlation_id=f"s{size % 3}")
        assert self.logs[which].append(event) == self.expect(event)

    @rule(which=st.integers(0, 1), aggregates=st.lists(AGGREGATES, max_size=5))
    def append_many(self, which: int, aggregates: list[str]) -> None:
        events = [new_event("ONE", aggregate, "x", {"n": n}) for n, aggregate in enumerate(aggregates)]
        assert self.logs[which].append_many(events) == [self.expect(event) for event in events]

    @rule(which=st.integers(0, 1), aggregate=AGGREGATES, off=st.integers(-1, 1))
    def append_expecting(self, which: int, aggregate: str, off: int) -> None:
        event = new_event("TWO", aggregate, "x", {})
        expected = self.versions.get(aggregate, 0) + off
        if off:
            with pytest.raises(VersionConflict):
                self.logs[which].append(event, expected_version=expected)
        else:
            assert self.logs[which].append(event, expected_version=expected) == self.expect(event)

    @rule(which=st.integers(0, 1), data=st.data())
    def append_again(self, which: int, data: st.DataObject) -> None:
        if self.model:
            event = data.draw(st.sampled_from(self.model))
            stored = self.logs[which].append(replace(event, data={"other": 1}))
            assert stored == (replace(event, data={}) if event.event_id in self.removed else event)

    @rule(which=st.integers(0, 1))
    def refuse(self, which: int) -> None:
        with pytest.raises(EventLogError):
            self.logs[which].append_many(
                [new_event("ONE", "a", "x", {}), new_event("ONE", "a", "x", {"x": b""})]
            )

    @rule(which=st.integers(0, 1))
    def reopen(self, which: int) -> None:
        self.logs[which].close()
        self.logs[which] = self.opened()
        assert not self.logs[which].notices

    @rule(which=st.integers(0, 1), data=st.data())
    def lose_a_sidecar(self, which: int, data: st.DataObject) -> None:
        sealed = numbers(self.folder)[:-1]
        if sealed:
            sidecar_path(self.folder, data.draw(st.sampled_from(sealed))).unlink(missing_ok=True)

    @rule(which=st.integers(0, 1), keep=st.integers(0, 1))
    def compress(self, which: int, keep: int) -> None:
        self.logs[which].compress(keep)

    @rule(which=st.integers(0, 1), kind=TYPES, data=st.data())
    def prune(self, which: int, kind: str, data: st.DataObject) -> None:
        if self.model:
            cited = data.draw(st.sampled_from(self.model)).event_id
            gone = {event.event_id for event in self.kept() if event.event_type == kind} - {cited}
            assert self.logs[which].prune(types=[kind], keep_cited=cited.__eq__).events == len(gone)
            self.removed |= gone

    @rule(which=st.integers(0, 1))
    def look(self, which: int) -> None:
        """One of the two: the other may be far behind when it is used next."""
        kept, log = self.kept(), self.logs[which]
        assert list(log.read()) == kept
        assert list(log.read(aggregate_id="a", newest_first=True)) == [
            event for event in kept[::-1] if event.aggregate_id == "a"
        ]
        assert list(log.read(correlation_id="s1", event_type="TWO", after=3)) == [
            e for e in kept if e.correlation_id == "s1" and e.event_type == "TWO" and e.sequence > 3
        ]
        assert [log.version_of(name) for name in "abc"] == [self.versions.get(name, 0) for name in "abc"]

    @rule()
    def verify(self) -> None:
        found = self.logs[0].verify()
        assert (found.events, found.damages, found.notices) == (len(self.kept()), (), ())


BOUNDS = {"deadline": None, "suppress_health_check": list(HealthCheck), "stateful_step_count": 15}
TestLogModel = LogMachine.TestCase
TestLogModel.settings = settings(max_examples=5, **BOUNDS)  # type: ignore[arg-type]


@pytest.mark.slow
class TestLogModelLong(LogMachine.TestCase):  # type: ignore[name-defined, misc]
    settings = settings(max_examples=60, **{**BOUNDS, "stateful_step_count": 40})  # type: ignore[arg-type]
