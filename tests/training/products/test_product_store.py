"""Publishing: versions by content, one pointer, and the old version or the new one whatever happens."""

import errno
import fcntl
import os
import shutil
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from tests.training.children import run_child, start_child
from tests.training.products.product_events import NOON, MemoryLog, complete, decide
from training.events import EventLogError, open_log
from training.products import ProductError, ProductStore, publish, query
from training.products.disk import Disk
from training.products.store import KEPT

NAME = "agent_decision_history"


class FailingDisk(Disk):
    """Does ``fail`` in place of the k-th operation."""

    def __init__(self, at, fail):
        self.at, self.fail, self.number = at, fail, 0

    def _next(self):
        self.number += 1
        if self.number == self.at:
            self.fail()

    def make_folder(self, folder):
        self._next()
        super().make_folder(folder)

    def create(self, path):
        self._next()
        return super().create(path)

    def write(self, file, data):
        self._next()
        super().write(file, data)

    def sync(self, file):
        self._next()
        super().sync(file)

    def sync_folder(self, folder):
        self._next()
        super().sync_folder(folder)

    def rename(self, source, target):
        self._next()
        super().rename(source, target)


def full_disk():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def newer(log):
    """``log``, which has one decision, with another one."""
    decide(log, 1)
    longer = MemoryLog()
    longer.events = [*log.events]
    decide(longer, 2)
    return longer


def operations(folder, log):
    """How many operations on the disk one publishing is."""
    disk = FailingDisk(0, full_disk)
    ProductStore(folder, disk).publish(NAME, log)
    return disk.number


def requests(store):
    return [row["context"]["request"] for row in store.open(NAME).query()]


def test_what_is_published_can_be_queried(store, log):
    decide(log, 1)
    decide(log, 2)
    manifest = store.publish(NAME, log)
    assert (manifest.rows, manifest.rejected, manifest.until, manifest.events) == (2, 0, 2, 2)
    assert requests(store) == ["request 2", "request 1"]
    assert store.version(NAME) == manifest.version
    assert store.manifest(NAME) == manifest


def test_before_the_first_publishing_there_is_nothing(store, tmp_path):
    assert store.version(NAME) is None
    assert store.manifest(NAME) is None
    assert store.versions(NAME) == []
    with pytest.raises(ProductError, match=f"apprentice data publish {NAME}"):
        store.open(NAME)
    assert not (tmp_path / "products").exists()


def test_no_such_product(store, log):
    for act in (lambda: store.publish("x", log), lambda: store.version("../x"), lambda: store.open("x")):
        with pytest.raises(ProductError, match="agent_decision_history"):
            act()


def test_an_empty_product_is_published_too(store, log):
    manifest = store.publish("optimization_history", log)
    assert (manifest.rows, manifest.quality.accuracy) == (0, None)
    assert store.open("optimization_history").query({"gain": {"gte": 0}}, order="gain") == []


def test_equal_content_is_one_version_measured_anew(store, log):
    decide(log)
    first = store.publish(NAME, log, now=NOON)
    again = store.publish(NAME, log, now=NOON + timedelta(days=2))
    assert first.version == again.version
    assert store.versions(NAME) == [first.version]
    assert (first.quality.timeliness, store.manifest(NAME).quality.timeliness) == (1, 0.5)


def test_I17_a_product_that_was_deleted_is_rebuilt_equal(store, log):
    for number in range(3):
        complete(log, decide(log, number))
    first = store.publish(NAME, log, now=NOON)
    rows = store.open(NAME).query()
    shutil.rmtree(store.folder)
    assert store.publish(NAME, log, now=NOON) == first
    assert ProductStore(store.folder).open(NAME).query() == rows


def test_other_content_is_another_version_and_a_few_old_ones_stay(store, log):
    made = []
    for number in range(KEPT + 3):
        decide(log, number)
        made.append(store.publish(NAME, log).version)
        folder = store.folder / NAME / "versions" / made[-1]
        os.utime(folder, (number, number))
    assert len(set(made)) == len(made)
    assert set(store.versions(NAME)) == set(made[-KEPT - 1 :])
    assert store.version(NAME) == made[-1]
    assert store.manifest(NAME, made[-2]).rows == KEPT + 2


def test_an_open_version_stays_readable_while_another_is_published(store, log):
    decide(log, 1)
    store.publish(NAME, log)
    old = store.open(NAME)
    decide(log, 2)
    store.publish(NAME, log)
    assert (len(old.query()), len(store.open(NAME).query())) == (1, 2)


def test_an_open_version_is_opened_once(store, log):
    decide(log)
    store.publish(NAME, log)
    assert store.open(NAME) is store.open(NAME)


def test_rows_that_break_the_schema_are_left_out_and_quoted(store, log):
    bad = decide(log, 1, confidence=7)
    decide(log, 2)
    manifest = store.publish(NAME, log)
    assert (manifest.rows, manifest.rejected) == (1, 1)
    (finding,) = manifest.findings
    assert finding["kind"] == "rejected" and finding["events"] == [bad.event_id]
    assert "confidence" in finding["what"][0]
    assert requests(store) == ["request 2"]
    assert store.open(NAME).sources(0)["events"] == [log.events[1].event_id]


def test_findings_are_counted_all_and_quoted_in_part(store, log):
    for number in range(50):
        decide(log, number, confidence=7)
    manifest = store.publish(NAME, log)
    assert (manifest.rejected, len(manifest.findings)) == (50, 20)


def test_a_version_is_stale_once_an_event_of_its_kinds_is_new(store, log):
    assert store.is_stale(NAME, log)
    selection = decide(log)
    store.publish(NAME, log)
    store.publish("optimization_history", log)
    assert not store.is_stale(NAME, log)
    complete(log, selection)
    assert store.is_stale(NAME, log)
    assert not store.is_stale("optimization_history", log)


def test_a_version_of_another_log_is_stale(store, log):
    other = MemoryLog()
    for one in (log, other):
        complete(one, decide(one))
    store.publish(NAME, log)
    assert not store.is_stale(NAME, log)
    assert store.is_stale(NAME, other) and store.is_stale(NAME, MemoryLog())


def test_a_version_of_an_empty_log_is_not_stale_over_an_empty_log(store, log):
    store.publish(NAME, log)
    assert not store.is_stale(NAME, log)
    decide(log)
    assert store.is_stale(NAME, log)


def test_only_the_user_may_read_what_is_published(tmp_path, log):
    store = ProductStore(tmp_path / "a" / "products")
    decide(log)
    store.publish(NAME, log)
    for path in (tmp_path / "a").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_progress_is_told_along_the_log(store, log):
    for number in range(2500):
        log.events.append(replace(decide(MemoryLog(), number), sequence=number + 1))
    told = []
    store.publish(NAME, log, progress=lambda done, total: told.append((done, total)))
    assert told == [(1000, 2500), (2000, 2500)]


@pytest.mark.slow
def test_a_failing_disk_leaves_a_whole_version_at_every_step(tmp_path, log, newer):
    steps = operations(tmp_path / "counted", newer)
    assert steps > 15
    seen = []
    for step in range(1, steps + 1):
        folder = tmp_path / f"failed-{step}"
        ProductStore(folder).publish(NAME, log)
        with pytest.raises(ProductError, match="No space left") as failed:
            ProductStore(folder, FailingDisk(step, full_disk)).publish(NAME, newer)
        assert "\n" not in str(failed.value)
        seen.append(len(ProductStore(folder).open(NAME).query()))
        assert not list((folder / NAME / "versions").glob(".*"))
        ProductStore(folder).publish(NAME, newer)
        assert len(ProductStore(folder).open(NAME).query()) == 2
    # The last step syncs the folder of the pointer, which is in its place by then.
    assert seen == [1] * (steps - 1) + [2]


@pytest.mark.slow
def test_a_kill_at_every_step_leaves_the_old_version_or_the_new_one(tmp_path, log, newer):
    steps = operations(tmp_path / "counted", newer)
    seen = []
    for step in range(1, steps + 1):
        folder = tmp_path / f"killed-{step}"
        ProductStore(folder).publish(NAME, log)
        store = ProductStore(folder, FailingDisk(step, killed))
        assert run_child(lambda: store.publish(NAME, newer)) == signal.SIGKILL  # noqa: B023
        seen.append(len(ProductStore(folder).open(NAME).query()))
        ProductStore(folder).publish(NAME, newer)
        assert len(ProductStore(folder).open(NAME).query()) == 2
        assert not list((folder / NAME / "versions").glob(".*"))
    assert seen == [1] * (steps - 1) + [2]


def test_a_log_that_fails_while_it_is_read_changes_nothing(store, log, tmp_path):
    decide(log)
    store.publish(NAME, log)

    class Breaking(MemoryLog):
        def read(self, **wanted):
            yield next(super().read(**wanted))
            raise EventLogError("the log was damaged")

    broken = Breaking()
    broken.events = [*log.events]
    with pytest.raises(EventLogError):
        store.publish(NAME, broken)
    assert len(store.open(NAME).query()) == 1
    assert not list((store.folder / NAME / "versions").glob(".*"))


@pytest.mark.parametrize("name", ["rows.jsonl", "lineage.jsonl"])
def test_a_flipped_bit_is_found_and_mended_by_publishing_again(store, log, name):
    decide(log)
    version = store.publish(NAME, log).version
    path = store.folder / NAME / "versions" / version / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    fresh = ProductStore(store.folder)
    with pytest.raises(ProductError, match="damaged"):
        fresh.open(NAME).sources(0)
    fresh.publish(NAME, log)
    assert ProductStore(store.folder).open(NAME).sources(0)["events"]


def damage(path: Path, change) -> None:
    path.write_bytes(orjson.dumps(change(orjson.loads(path.read_bytes()))))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: {**found, "format": 99}, "newer"),
        (lambda found: {**found, "quality": {}}, "damaged"),
        (lambda found: [], "damaged"),
        (lambda found: {name: found[name] for name in ("format", "quality")}, "damaged"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_said_with_its_file(store, log, change, says):
    decide(log)
    version = store.publish(NAME, log).version
    damage(store.folder / NAME / "versions" / version / "manifest.json", change)
    with pytest.raises(ProductError, match=f"manifest.json.*{says}"):
        store.manifest(NAME)


def test_a_version_that_was_taken_away(store, log):
    decide(log)
    store.publish(NAME, log)
    (store.folder / NAME / "current").write_text("0" * 32)
    with pytest.raises(ProductError, match="publish agent_decision_history again"):
        store.open(NAME)


def test_two_publishers_at_once_leave_one_whole_version(store, log):
    decide(log)

    def publish_one_more(number: int) -> None:
        decide(log, number)
        ProductStore(store.folder).publish(NAME, log)

    children = [start_child(lambda number=number: publish_one_more(number)) for number in range(4)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert len(store.open(NAME).query()) == 2
    assert len(store.versions(NAME)) == 4


def test_who_waits_for_another_publisher_may_give_it_up(store, log):
    class Enough(Exception):
        pass

    told = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        raise Enough

    decide(log)
    store.publish(NAME, log)
    with (store.folder / NAME / "lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Enough):
            ProductStore(store.folder).publish(NAME, log, progress=stop)
    assert told == [0]
    assert store.publish(NAME, log).rows == 1


def test_over_the_log_on_the_disk_with_the_store_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    log = open_log()
    complete(log, decide(log, confidence=0.9))
    decide(log, 2, confidence=0.1)
    log.close()
    assert publish(NAME).rows == 2
    (row,) = query(NAME, {"confidence": {"gte": 0.8}, "tool_selected": {"in": ["read_file"]}}, limit=5)
    assert row["outcome"]["success"] is True
    reopened = open_log()
    assert publish("cost_analysis", reopened).rows == 1
    reopened.close()
