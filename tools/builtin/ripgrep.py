"""The ripgrep engine of ``search_files``.

Invariant: no setting and no argument can make ripgrep run a program (``--no-config``, no ``--pre``, the
pattern after ``-e``, the paths after ``--``), and it ends with the search, in bounded memory. It is given the
files to search, so that ignore rules, links and order are decided in one place for both engines. Not covered:
a file swapped for a link between the walk and ripgrep's opening it.
"""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from sandbox.programs import host_command
from tools.builtin.bounded_search import bound, end_in_time
from tools.builtin.searching import MOST_MATCHES, Found, Match, Query, short
from tools.calls import ToolError

_FLAGS = (
    "--no-config",
    "--json",
    "--no-ignore",
    "--hidden",
    "--no-follow",
    "--no-messages",
    "--case-sensitive",
    "--threads=1",  # the order of results is then the order of the arguments
)
_MOST_ARGUMENT_BYTES = 100_000


class RipgrepRefused(Exception):
    """ripgrep does not know this regular expression, or its compiled form is too large for it."""


def search_with_ripgrep(query: Query, program: str) -> Found:
    """Search the files of the query. Raises RipgrepRefused, or ToolError where it took too long."""
    found = Found(literal=query.literal)
    for batch in _batches(query.files()):
        _search_batch(query, program, batch, found)
        query.check()
        if found.cut:
            break
    return found


def _batches(files: Iterator[tuple[str, ...]]) -> Iterator[list[str]]:
    """Files as arguments of one command line each; ``./`` keeps a name from being an option or stdin."""
    batch: list[str] = []
    size = 0
    for parts in files:
        path = "./" + "/".join(parts)
        size += len(os.fsencode(path)) + 1
        if size > _MOST_ARGUMENT_BYTES and batch:
            yield batch
            batch, size = [], len(os.fsencode(path)) + 1
        batch.append(path)
    if batch:
        yield batch


def _search_batch(query: Query, program: str, batch: list[str], found: Found) -> None:
    literal = ["--fixed-strings"] if query.literal else []
    with subprocess.Popen(
        host_command(
            program, *_FLAGS, *literal, "-e", query.pattern, "--", *batch, workspace=query.place.workspace
        ),
        cwd=query.place.workspace,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        bound(process.pid)
        threading.Thread(target=end_in_time, args=(query, process), daemon=True).start()
        try:
            _collect(process, found)
            if not found.cut:
                _refuse_failure(process)
        finally:
            process.kill()


def _collect(process: "subprocess.Popen[bytes]", found: Found) -> None:
    of_file: list[Match] = []
    assert process.stdout is not None
    for raw in process.stdout:
        if not raw.endswith(b"\n"):  # it was ended in the middle of a line
            return
        message = json.loads(raw)
        data = message["data"]
        if message["type"] == "begin":
            of_file = []
        elif message["type"] == "match" and len(of_file) <= MOST_MATCHES:
            of_file.append((_name(data["path"]), data["line_number"], short(_decoded(data["lines"]))))
        elif message["type"] == "end" and data["binary_offset"] is None:
            found.matches += of_file
            if len(found.matches) > MOST_MATCHES:
                del found.matches[MOST_MATCHES:]
                found.cut = True
                return


def _refuse_failure(process: "subprocess.Popen[bytes]") -> None:
    assert process.stderr is not None
    said = process.stderr.read().decode("utf-8", "replace").strip()
    if process.wait() == 2 and said:
        if "regex" in said:
            raise RipgrepRefused(said)
        raise ToolError(f"ripgrep failed: {said.splitlines()[0]}")


def _name(field: dict[str, Any]) -> str:
    raw = field["text"].encode() if "text" in field else base64.b64decode(field["bytes"])
    return os.fsdecode(raw).removeprefix("./")


def _decoded(field: dict[str, Any]) -> str:
    if "text" in field:
        return str(field["text"])
    return base64.b64decode(field["bytes"]).decode("utf-8", "replace")
