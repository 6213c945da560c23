"""The ripgrep engine of ``search_files``.

Invariant: no setting and no argument can make ripgrep run a program (``--no-config``, no ``--pre``, the
pattern after ``-e``, the path after ``--``), it follows no link, and it ends with the search. Its own
ignore rules only save time: what it finds is filtered by ours. Not covered: what it did not open for
lack of permission is left out silently, as in the Python engine.
"""

import base64
import json
import os
import subprocess
import threading
from typing import Any

from tools.builtin.searching import LARGEST_FILE, MOST_MATCHES, Found, Match, Query
from tools.calls import ToolError

_FLAGS = (
    "--no-config",
    "--json",
    "--hidden",
    "--glob=!.git",
    "--no-follow",
    "--no-require-git",
    "--no-ignore-parent",
    "--no-ignore-global",
    "--no-ignore-exclude",
    "--no-ignore-dot",
    "--no-messages",
    "--case-sensitive",
    "--sort=path",
    f"--max-filesize={LARGEST_FILE}",
)


class RipgrepRefused(Exception):
    """ripgrep does not know this regular expression, or its compiled form is too large for it."""


def search_with_ripgrep(query: Query, program: str) -> Found:
    """Search the folder of the query. Raises RipgrepRefused, or ToolError where it took too long."""
    start = "/".join(query.place.parts) or "."
    literal = ["--fixed-strings"] if query.literal else []
    with subprocess.Popen(
        [program, *_FLAGS, *literal, "-e", query.pattern, "--", start],
        cwd=query.place.workspace,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        threading.Thread(target=_end_in_time, args=(query, process), daemon=True).start()
        try:
            found = _collected(query, process)
            if not found.cut:
                _refuse_failure(process)
        finally:
            process.kill()
    query.check()
    return found


def _end_in_time(query: Query, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        if query.given_up(within_s=0.1):
            process.kill()
            return


def _collected(query: Query, process: "subprocess.Popen[bytes]") -> Found:
    found = Found()
    of_file: list[Match] = []
    assert process.stdout is not None
    for raw in process.stdout:
        if not raw.endswith(b"\n"):  # it was ended in the middle of a line
            break
        message = json.loads(raw)
        data = message["data"]
        if message["type"] == "begin":
            of_file = []
        elif message["type"] == "match" and len(of_file) <= MOST_MATCHES:
            of_file.append((_name(data["path"]), data["line_number"], _decoded(data["lines"])))
        elif message["type"] == "end" and of_file and data["binary_offset"] is None:
            if query.ignores.ignored(tuple(of_file[0][0].split("/")), is_folder=False):
                continue
            found.matches += of_file
            if len(found.matches) > MOST_MATCHES:
                return Found(found.matches[:MOST_MATCHES], cut=True)
    return found


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
