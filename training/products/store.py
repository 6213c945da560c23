"""Published products on the disk: a folder per product, a folder per version, one pointer.

    PRODUCT/current                  the name of the version in force, replaced by rename
    PRODUCT/versions/VERSION/        rows.jsonl, lineage.jsonl (line by line the same rows), manifest.json
    PRODUCT/lock                     held while publishing

Invariant: a reader sees the old version or the new one, whole, whatever happens to the publisher: a version
is written and synced under another name, renamed, and only then named by ``current``. VERSION is the hash of
its content, so equal content is one version.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from training.events.base import Event, EventLog
from training.events.location import data_dir
from training.events.views import LogView, OnEvent
from training.products.base import Product, ProductError
from training.products.catalogue import find_product
from training.products.disk import Disk
from training.products.manifest import Manifest, manifest_from
from training.products.published import Published
from training.products.writing import LINEAGE, MANIFEST, ROWS, write_version

Progress = Callable[[int, int], None]
"""Told how many events of how many were read, about once per thousand."""

_STEP = 1000
_RETRY_S = 0.05
KEPT = 3
"""Versions that stay beside the one in force, the newest."""
_PART = ".new"


class ProductStore:
    """Versions of products in ``folder``; by default in the user's data folder. Raises ProductError."""

    def __init__(self, folder: Path | None = None, disk: Disk | None = None) -> None:
        self.folder = folder or data_dir() / "products"
        self._disk = disk or Disk()
        self._opened: dict[str, Published] = {}

    def publish(
        self,
        product_id: str,
        log: EventLog,
        *,
        now: datetime | None = None,
        progress: Progress | None = None,
    ) -> Manifest:
        """Build a product from the log as it is now, measure it, and put it in force.

        While another process publishes it, ``progress`` is told that nothing is done yet. What ``progress``
        raises ends it, and changes nothing.
        """
        product = find_product(product_id)
        folder = self.folder / product.id
        try:
            self._disk.make_folder(folder / "versions")
            with self._locked(folder, progress):
                newest = next(log.read(newest_first=True, limit=1), None)
                until = newest.sequence if newest else 0
                view = LogView(log, until=until, on_event=_telling(progress, until))
                return self._publish(product, folder, view, newest, now)
        except OSError as error:
            raise ProductError(
                f"{product.id} cannot be published in {folder}: {error.strerror or error}; "
                "the version in force is whole: the one before, or this one"
            ) from error

    def version(self, product_id: str) -> str | None:
        """The version in force, or None where the product was never published."""
        pointer = self.folder / find_product(product_id).id / "current"
        try:
            version = pointer.read_text(encoding="ascii").strip()
            if not re.fullmatch(r"\w[\w.:+-]{0,100}", version):
                raise ValueError(version)
            return version
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is damaged"
            raise ProductError(f"{pointer} cannot be read: {why}; remove it, and build again") from error

    def versions(self, product_id: str) -> list[str]:
        """The versions on the disk, the newest first."""
        return _versions(self.folder / find_product(product_id).id / "versions")

    def manifest(self, product_id: str, version: str | None = None) -> Manifest | None:
        """What is said of a version (by default the one in force); None where there is none."""
        version = version or self.version(product_id)
        if version is None:
            return None
        path = self._path(product_id, version) / MANIFEST
        try:
            return manifest_from(path.read_bytes(), str(path))
        except OSError as error:
            raise ProductError(
                f"{path} cannot be read: {error.strerror}; publish {product_id} again: "
                f"apprentice data publish {product_id}"
            ) from error

    def open(self, product_id: str) -> Published:
        """The version in force, its index built once and kept. Raises ProductError where there is none."""
        version = self.version(product_id)
        opened = self._opened.get(product_id)
        if opened is not None and opened.manifest.version == version:
            return opened
        manifest = self.manifest(product_id, version)
        if manifest is None:
            raise ProductError(
                f"{product_id} is not published yet; publish it: apprentice data publish {product_id}"
            )
        found = Published(find_product(product_id), self._path(product_id, manifest.version), manifest)
        self._opened[product_id] = found
        return found

    def is_stale(self, product_id: str, log: EventLog) -> bool:
        """Whether the log holds events of this product that the version in force has not seen.

        A version that was made from another log is stale.
        """
        manifest = self.manifest(product_id)
        if manifest is None or not _is_of(manifest, log):
            return True
        kinds = [str(kind) for kind in find_product(product_id).refresh.events]
        return next(log.read(event_type=kinds, after=manifest.until, limit=1), None) is not None

    def _publish(
        self, product: Product, folder: Path, view: LogView, newest: Event | None, now: datetime | None
    ) -> Manifest:
        versions = folder / "versions"
        for leftover in versions.glob(f"{_PART}*"):
            shutil.rmtree(leftover)
        part = versions / f"{_PART}-{os.getpid()}"
        self._disk.make_folder(part)
        try:
            made = write_version(self._disk, product, view, newest, part, now or datetime.now(UTC))
            target = versions / made.version
            if target.exists():
                # Equal content, which mends what was damaged; what was measured of it today may differ.
                for name in (ROWS, LINEAGE, MANIFEST):
                    self._disk.rename(part / name, target / name)
                self._disk.sync_folder(target)
            else:
                self._disk.rename(part, target)
            self._disk.sync_folder(versions)
            self._point(folder, made.version)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        for old in [name for name in _versions(versions) if name != made.version][KEPT:]:
            shutil.rmtree(versions / old)
        return made

    def _point(self, folder: Path, version: str) -> None:
        part = folder / f"current{_PART}"
        with self._disk.create(part) as file:
            self._disk.write(file, version.encode())
            self._disk.sync(file)
        self._disk.rename(part, folder / "current")
        self._disk.sync_folder(folder)

    def _path(self, product_id: str, version: str) -> Path:
        return self.folder / product_id / "versions" / version

    @contextmanager
    def _locked(self, folder: Path, progress: Progress | None) -> Iterator[None]:
        """One publisher at a time; the kernel lets go of the lock when its holder dies."""
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _taken(descriptor):
                if progress is not None:
                    progress(0, 1)
                time.sleep(_RETRY_S)
            yield
        finally:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Whether the lock is ours now. Not waited for in the kernel: there, nobody could give it up."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_of(manifest: Manifest, log: EventLog) -> bool:
    """Whether the log holds the newest event that the version was built with, at its place."""
    if manifest.until_event is None:
        return manifest.until == 0
    event = log.get(manifest.until_event)
    return event is not None and event.sequence == manifest.until


def _telling(progress: Progress | None, total: int) -> OnEvent | None:
    """Counts the events that are read; a product may read some of them twice."""
    if progress is None:
        return None
    number = 0

    def tell(event: Event) -> None:
        nonlocal number
        number += 1
        if number % _STEP == 0:
            progress(min(number, total), total)

    return tell


def _versions(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)]
