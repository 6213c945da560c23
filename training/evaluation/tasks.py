"""Whole tasks: a small repository, a request over it, and the checks that say whether it was done.

A TOML file holds one repository (``[files]``, path to text; ``git = true`` commits them) and its
``[[tasks]]``. Invariant: a task that was read is whole: its checks are known ones, and it carries a
``solution``, the calls and the answer by which it can be done.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from tools.builtin.paths import is_protected
from tools.calls import ToolCall
from training.evaluation.cases import CaseFileError

Kind = Literal["look", "find_read", "list_read", "read_edit", "fix", "create", "run", "diff"]
SUFFIX = ".toml"


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or any(map(is_protected, parts)):
        raise ValueError("a path inside the repository, such as src/app.py")
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]
Texts = Annotated[tuple[str, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Says(_Strict):
    """The final answer holds one of ``answer`` as whole words, whatever their case, and none of ``lacks``."""

    answer: Texts
    lacks: tuple[str, ...] = ()


class Holds(_Strict):
    """What a file holds: exactly ``text`` (but for line ends at its end), each of ``contains``, none of
    ``lacks``, or at the keys ``at`` of its JSON ``value``. ``exists = false``: there is no such file."""

    file: InnerPath
    text: str | None = None
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    at: tuple[str | int, ...] | None = None
    value: Any = None
    exists: bool = True

    @model_validator(mode="after")
    def _asks_something(self) -> "Holds":
        about = self.text is not None or bool(self.contains or self.lacks) or self.at is not None
        if about != self.exists:
            raise ValueError("give text, contains, lacks, or at and value; or exists = false alone")
        return self


class Passes(_Strict):
    """A command that ends with exit code 0 in the sandbox."""

    command: str


def _sort_of_check(given: Any) -> str | None:
    if not isinstance(given, Mapping):
        return type(given).__name__ if isinstance(given, Says | Holds | Passes) else None
    sorts = {"answer": "Says", "file": "Holds", "command": "Passes"}
    return next((sort for key, sort in sorts.items() if key in given), None)


Check = Annotated[
    Annotated[Says, Tag("Says")] | Annotated[Holds, Tag("Holds")] | Annotated[Passes, Tag("Passes")],
    Discriminator(
        _sort_of_check,
        custom_error_type="check",
        custom_error_message="a check has one of the keys answer, file and command",
    ),
]


class _WrittenTask(_Strict):
    id: str = Field(min_length=1)
    kind: Kind
    request: str = Field(min_length=1)
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    changes: tuple[str, ...] = ()
    edits: Mapping[InnerPath, str] = {}
    solution: tuple[dict[str, Any], ...]
    final: str = Field(min_length=1)


class _WrittenRepository(_Strict):
    git: bool = False
    files: Mapping[InnerPath, str]
    tasks: Annotated[tuple[_WrittenTask, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Solution:
    """Calls that do a task, in order, and the answer after them."""

    calls: tuple[ToolCall, ...]
    answer: str


@dataclass(frozen=True)
class Task:
    """One task. ``edits`` are made to ``files``, after they were committed where ``git`` says so. ``changes``
    are patterns of paths that may be other, new or gone afterwards; everything else has to stay."""

    id: str
    kind: Kind
    repository: str
    request: str
    files: Mapping[str, str]
    git: bool
    edits: Mapping[str, str]
    checks: tuple[Says | Holds | Passes, ...]
    changes: tuple[str, ...]
    solution: Solution


def read_tasks(path: Path) -> tuple[Task, ...]:
    """The tasks of a file, or of every file of a folder, by name. Raises CaseFileError with every problem."""
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise CaseFileError([f"{path}: there is no *{SUFFIX} in this folder"])
    tasks: dict[str, Task] = {}
    problems: list[str] = []
    for file in files:
        try:
            for task in _read(file):
                if task.id in tasks:
                    problems.append(f"{file}: the id {task.id!r} was used before")
                tasks[task.id] = task
        except CaseFileError as error:
            problems += error.problems
    if problems:
        raise CaseFileError(problems)
    return tuple(tasks.values())


def tasks_fingerprint(tasks: Sequence[Task]) -> str:
    """The same for the same tasks in the same order."""
    return hashlib.sha256(repr(tasks).encode()).hexdigest()[:16]


def _read(file: Path) -> Iterator[Task]:
    try:
        written = _WrittenRepository.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFileError([f"{file}: {getattr(error, 'strerror', None) or error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise CaseFileError([f"{file}: not TOML: {error}"]) from None
    except ValidationError as error:
        raise CaseFileError([_problem(file, one) for one in error.errors()]) from None
    for one in written.tasks:
        yield Task(
            id=one.id,
            kind=one.kind,
            repository=file.stem,
            request=one.request,
            files=dict(written.files),
            git=written.git,
            edits=dict(one.edits),
            checks=one.checks,
            changes=one.changes,
            solution=Solution(tuple(_call(given) for given in one.solution), one.final),
        )


def _problem(file: Path, error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{file}: {where}: {error['msg']}"


def _call(given: Mapping[str, Any]) -> ToolCall:
    """``{tool = NAME, ...arguments}``."""
    return ToolCall("", str(given.get("tool", "")), {key: given[key] for key in given if key != "tool"})
