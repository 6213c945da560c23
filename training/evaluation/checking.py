"""Whether a task was done: what of its checks does not hold, a line each.

Invariant: nothing is taken from what the student claims but the words of its answer; files are read, and
commands run, after it has ended.
"""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tools.calls import ToolResult
from training.evaluation.judging import equal
from training.evaluation.tasks import Holds, Passes, Says

Command = Callable[[str], Awaitable[ToolResult]]
SHOWN = 200


async def missing(
    checks: tuple[Says | Holds | Passes, ...], folder: Path, answer: str, run: Command
) -> list[str]:
    """What does not hold in ``folder`` and in ``answer``. ``run`` runs a command in the sandbox there.

    Raises OSError where a file cannot be read.
    """
    found: list[str] = []
    for check in checks:
        if isinstance(check, Says):
            found += _not_said(check, answer)
        elif isinstance(check, Holds):
            found += _not_held(check, folder)
        else:
            result = await run(check.command)
            if not result.success:
                found.append(f"`{check.command}` fails: {_end(result.text)}")
    return found


def says(text: str, words: str) -> bool:
    """Whether ``words`` stand in ``text`` as whole words, whatever their case and the spaces between them."""
    pattern = r"\s+".join(re.escape(one) for one in words.split())
    before = r"(?<![\w])" if words[:1].isalnum() else ""
    after = r"(?![\w])" if words[-1:].isalnum() else ""
    return re.search(before + pattern + after, text, re.IGNORECASE) is not None


def _not_said(check: Says, answer: str) -> list[str]:
    wanted = " or ".join(repr(one) for one in check.answer)
    found = [] if any(says(answer, one) for one in check.answer) else [f"the answer does not say {wanted}"]
    return found + [f"the answer says {one!r}" for one in check.lacks if says(answer, one)]


def _not_held(check: Holds, folder: Path) -> list[str]:
    path = folder / check.file
    if not check.exists:
        return [f"{check.file} is still there"] if path.exists() or path.is_symlink() else []
    if not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
        return [f"there is no file {check.file}"]
    try:
        text = path.read_bytes().decode("utf-8")
    except (UnicodeDecodeError, PermissionError) as error:
        return [f"{check.file} cannot be read: {error}"]
    found = [f"{check.file} lacks {one!r}" for one in check.contains if one not in text]
    found += [f"{check.file} has {one!r}" for one in check.lacks if one in text]
    if check.text is not None and text.rstrip("\n") != check.text.rstrip("\n"):
        found.append(f"{check.file} is not as it should be: {text[:SHOWN]!r}")
    return found + _not_in_json(check, text)


def _not_in_json(check: Holds, text: str) -> list[str]:
    if check.at is None:
        return []
    where = ".".join(str(one) for one in check.at) or "the whole"
    try:
        value: Any = json.loads(text)
        for key in check.at:
            value = value[key]
    except (ValueError, RecursionError):
        return [f"{check.file} is not JSON"]
    except (KeyError, IndexError, TypeError):
        return [f"{check.file} has no {where}"]
    if equal(value, check.value):
        return []
    return [f"{check.file}: {where} is {json.dumps(value)[:SHOWN]}, not {json.dumps(check.value)}"]


def _end(text: str) -> str:
    return " ".join(text.split())[-SHOWN:]
