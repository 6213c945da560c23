"""Writes one version into a folder, row by row, and measures it on the way.

Invariant: every row that is written fulfils the schema; one that does not is left out, counted and quoted in
the manifest. Line n of the lineage belongs to line n of the rows. Everything is synced before this returns.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from training.events.base import Event
from training.events.views import LogView
from training.products.base import Built, Product
from training.products.disk import Disk
from training.products.manifest import EXAMPLES, Manifest
from training.products.quality import Meter

ROWS, LINEAGE, MANIFEST = "rows.jsonl", "lineage.jsonl", "manifest.json"


class _Lines:
    """A file of JSON lines, with the hash of what was written."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._file: BinaryIO = disk.create(path)
        self._sum = blake2b(digest_size=16)

    def add(self, value: Any) -> None:
        line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        self._sum.update(line)
        self._disk.write(self._file, line)

    def close(self, *, synced: bool) -> str:
        """Close the file; the hash of its content."""
        try:
            if synced:
                self._disk.sync(self._file)
        finally:
            self._file.close()
        return self._sum.hexdigest()


class _Counts:
    """What is counted beside quality."""

    def __init__(self) -> None:
        self.rows = self.rejected = self.events = 0
        self.datasets: dict[str, None] = {}
        self.findings: list[dict[str, Any]] = []

    def find(self, built: Built, kind: str, what: tuple[str, ...]) -> None:
        if what and len(self.findings) < EXAMPLES:
            self.findings.append({"kind": kind, "events": list(built.events[:3]), "what": list(what)})


def write_version(
    disk: Disk, product: Product, view: LogView, newest: Event | None, folder: Path, now: datetime
) -> Manifest:
    """Write rows, lineage and manifest of a view of the log up to its ``newest`` event.

    Raises OSError; then ``folder`` holds nothing of use.
    """
    meter, counts = Meter(product, now), _Counts()
    rows, lineage = _Lines(disk, folder / ROWS), _Lines(disk, folder / LINEAGE)
    whole = False
    try:
        for built in product.build(view):
            errors, contradictions = meter.add(built)
            counts.find(built, "rejected", errors)
            counts.find(built, "contradiction", contradictions)
            if errors or built.row is None:
                counts.rejected += bool(errors)
                continue
            rows.add(built.row)
            lineage.add({"events": built.events, "datasets": built.datasets})
            counts.rows += 1
            counts.events += len(built.events)
            counts.datasets.update(dict.fromkeys(built.datasets))
        whole = True
    finally:
        sums = {ROWS: rows.close(synced=whole), LINEAGE: lineage.close(synced=whole)}
    schema = product.schema()
    content = blake2b(orjson.dumps([sums, schema], option=orjson.OPT_SORT_KEYS), digest_size=16)
    manifest = Manifest(
        product=product.id,
        version=content.hexdigest(),
        published_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        until=newest.sequence if newest else 0,
        until_event=newest.event_id if newest else None,
        rows=counts.rows,
        rejected=counts.rejected,
        events=counts.events,
        datasets=tuple(counts.datasets),
        oldest=meter.oldest.isoformat() if meter.oldest else None,
        newest=meter.newest.isoformat() if meter.newest else None,
        quality=meter.result(),
        findings=tuple(counts.findings),
        upstream=(*product.upstream, *(str(kind) for kind in product.refresh.events)),
        schema=schema,
        sums=sums,
    )
    with disk.create(folder / MANIFEST) as file:
        disk.write(file, manifest.to_json())
        disk.sync(file)
    disk.sync_folder(folder)
    return manifest
