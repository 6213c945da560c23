"""The cost of a snapshot: ``python benchmarks/snapshot.py [--files N]``; JSON on stdout.

A tree of N small files, 50 to a folder: the first snapshot, one of the unchanged tree by a new program
(the best of three), one after ten changed files, and taking those back.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.snapshots import Restorer, SnapshotSettings, SnapshotStore

PER_FOLDER = 50
LINES = 30


def make_tree(root: Path, files: int) -> None:
    for number in range(files):
        folder = root / f"d{number // (PER_FOLDER * 40)}" / f"e{number // PER_FOLDER}"
        if number % PER_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"f{number}.py").write_text(f"value_{number} = {number}\n" * LINES)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 3)


def measure(files: int) -> dict[str, float | int]:
    base = Path(tempfile.mkdtemp(prefix="snapshot-benchmark-"))
    try:
        root = base / "project"
        make_tree(root, files)
        time.sleep(0.1)

        def store() -> SnapshotStore:
            return SnapshotStore(base / "data", root, SnapshotSettings())

        figures: dict[str, float | int] = {"files": files, "first_s": seconds(lambda: store().take({}))}
        figures["unchanged_s"] = min(seconds(lambda: store().take({})) for _ in range(3))
        before = store().take({})[0]
        for path in sorted(root.rglob("*.py"))[:10]:
            path.write_text("changed\n")
        figures["ten_changed_s"] = seconds(lambda: store().take({}))
        changes = {one.path: one for one in store().changes(before, store().all()[-1])}
        assert len(changes) == 10
        figures["taken_back_s"] = seconds(
            lambda: Restorer(store()).apply(Restorer(store()).plan(changes), foreign=False)
        )
        kept = store().folder
        figures["store_mib"] = round(sum(one.stat().st_size for one in kept.rglob("*")) / (1 << 20), 1)
        return figures
    finally:
        shutil.rmtree(base)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    print(json.dumps(measure(parser.parse_args().files)))
