"""The bytes of one file of the hub, into one file here: resumed, counted and compared.

Invariant: what was received stays in the part until the bytes are found to be wrong, whatever ends the
program; the part is whole, and on the disk, when ``download`` returns. ``huggingface_hub`` keeps nothing of a
download that was interrupted, so the transfer itself is here, over the library's connection.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from training.models.base import ModelError, Said, Told, megabytes
from training.models.catalogue import Source
from training.models.digest import CHUNK
from training.models.hub import HubFile, Passing, asked, patiently
from training.models.patience import ORDINARY, Patience

if TYPE_CHECKING:
    import httpx2

SPARE_BYTES = 256 << 20
"""What is left free on the disk."""
MOST_REDIRECTS = 5
PARTIAL_CONTENT = 206
NOT_SATISFIABLE = 416
Free = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """How much more the disk below ``folder`` takes."""
    return shutil.disk_usage(folder).free


def download(
    source: Source,
    file: HubFile,
    part: Path,
    *,
    patience: Patience = ORDINARY,
    told: Told = lambda done: None,
    said: Said = lambda line: None,
    free: Free = free_bytes,
) -> None:
    """Make ``part`` hold exactly the bytes of ``file``. Raises ModelError.

    A KeyboardInterrupt keeps the part.
    """
    try:
        with part.open("ab") as opened:
            transfer = _Transfer(source, file, opened, patience, told)
            transfer.take_up(part)
            _check_room(part.parent, file.bytes - transfer.done, free(part.parent))
            while transfer.done < file.bytes:
                patiently(transfer.attempt, patience, said)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        have = megabytes(part.stat().st_size) if part.exists() else "nothing"
        raise ModelError(
            f"{part.parent}: cannot be written after {have}: {error.strerror or error}; "
            "mend that and pull again: it goes on where it stopped"
        ) from None
    came = transfer.digest.hexdigest()
    if came != file.sha256:
        part.unlink()
        raise ModelError(
            f"{source.repo}: what came is not {source.file} as the hub describes it (sha256 {came[:16]}…, "
            f"not {file.sha256[:16]}…); it was removed, pull again"
        )


def _check_room(folder: Path, needed: int, free: int) -> None:
    if needed + SPARE_BYTES > free:
        raise ModelError(
            f"{folder}: {megabytes(needed)} are to come and {megabytes(free)} are free on the disk "
            f"({megabytes(SPARE_BYTES)} stay free); make room, or move APPRENTICE_DATA_DIR"
        )


class _Transfer:
    """``done`` bytes are in ``opened``, and ``digest`` is over them."""

    def __init__(
        self, source: Source, file: HubFile, opened: BinaryIO, patience: Patience, told: Told
    ) -> None:
        self._source = source
        self._file = file
        self._opened = opened
        self._patience = patience
        self._told = told
        self.done = 0
        self.digest = hashlib.sha256()

    def take_up(self, part: Path) -> None:
        """Go on from what is there."""
        if part.stat().st_size > self._file.bytes:
            self._start_again()
        with part.open("rb") as before:
            while chunk := before.read(CHUNK):
                self.digest.update(chunk)
                self.done += len(chunk)
        self._told(self.done)

    def _start_again(self) -> None:
        self._opened.truncate(0)
        self.done = 0
        self.digest = hashlib.sha256()

    def attempt(self) -> None:
        """One connection. Returns where bytes came, even if not all; raises Passing where none did."""
        before = self.done
        try:
            asked(self._source, self._receive)
        except Passing:
            if self.done == before:
                raise
        if self.done == before:
            raise Passing("the hub sent nothing")

    def _receive(self) -> None:
        import httpx2
        from huggingface_hub import get_session
        from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

        headers = build_hf_headers(library_name="apprentice") | {"accept-encoding": "identity"}
        if self.done:
            headers["range"] = f"bytes={self.done}-"
        timeout = httpx2.Timeout(self._patience.read_s, connect=self._patience.connect_s)
        session = get_session()
        request = session.build_request("GET", self._file.url, headers=headers, timeout=timeout)
        with closing(self._reply(session, request)) as response:
            if response.status_code == NOT_SATISFIABLE:
                self._start_again()
                raise Passing("the hub does not go on from there")
            hf_raise_for_status(response)
            if self.done and not self._goes_on(response):
                self._start_again()
            for chunk in response.iter_bytes():
                self._keep(chunk)

    def _reply(self, session: "httpx2.Client", request: "httpx2.Request") -> "httpx2.Response":
        """The last reply of a few redirects, none of them from https to http, unread."""
        for _ in range(MOST_REDIRECTS + 1):
            response = session.send(request, stream=True, follow_redirects=False)
            following = response.next_request
            if following is None:
                return response
            response.close()
            if request.url.scheme == "https" and following.url.scheme != "https":
                raise ModelError(
                    f"{self._source.repo}: the hub redirects from https to {following.url.host} without it; "
                    "nothing was pulled from there"
                )
            request = following
        raise ModelError(f"{self._source.repo}: more than {MOST_REDIRECTS} redirects; nothing was pulled")

    def _goes_on(self, response: "httpx2.Response") -> bool:
        """Whether the reply begins where this file ends; some servers send the whole file instead."""
        begins = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
        return response.status_code == PARTIAL_CONTENT and begins == str(self.done)

    def _keep(self, chunk: bytes) -> None:
        if self.done + len(chunk) > self._file.bytes:
            raise ModelError(
                f"{self._source.repo}: the hub sends more than {self._source.file} has; pull again"
            )
        self._opened.write(chunk)
        self.digest.update(chunk)
        self.done += len(chunk)
        self._told(self.done)
