"""The folder of a generation: what is made so far, where to go on, and the finished files beside it.

``train.jsonl`` and ``train_metadata.json`` appear whole when all examples are there. Until then they are in
``.generation/``: ``examples.jsonl`` grows by whole lines, ``state.json`` says up to which byte they count.
Invariant: what is behind that byte is made again after a kill, so that nothing comes twice or is lost. The
journal of the teachers lies in the same folder; its lock keeps out a second process.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from training.datasets.example import Example, ExampleError, from_line, read, to_line
from training.generation.base import GenerationError
from training.jobs.layout import replace

FOLDER, EXAMPLES, STATE, REJECTED, SEEDS = (
    ".generation",
    "examples.jsonl",
    "state.json",
    "rejected.txt",
    "seeds.jsonl",
)
TRAIN, METADATA = "train.jsonl", "train_metadata.json"
VERSION = 1
State = dict[str, Any]


def begun(output: Path, identity: Mapping[str, Any], *, resume: bool) -> State:
    """The state to go on from. Raises GenerationError where ``output`` holds another run."""
    state = read_state(output)
    if state is None:
        if (output / TRAIN).exists():
            raise GenerationError(f"{output / TRAIN} is there already; choose another --output-dir")
        return {"version": VERSION, "identity": dict(identity), "examples": 0, "bytes": 0, "runs": 0}
    if not resume:
        what = "a finished run" if (output / TRAIN).exists() else "a run"
        raise GenerationError(
            f"{output} holds {what} with {state['examples']} examples: --resume goes on with it, or choose "
            "another --output-dir"
        )
    if changed := [name for name in identity if identity[name] != state["identity"].get(name)]:
        raise GenerationError(
            f"{output} was begun with other {', '.join(changed)}; give the same, or choose another "
            "--output-dir"
        )
    return state


class Work:
    """Opened for writing, by whoever holds the lock of the journal beside it. Raises as ``begun`` does."""

    def __init__(self, output: Path, identity: Mapping[str, Any], *, resume: bool) -> None:
        self.output = output
        self.folder = output / FOLDER
        self._file = -1
        try:
            output.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.state = begun(output, identity, resume=resume)
            self._file = os.open(self.folder / EXAMPLES, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._size = self.state["bytes"]
            if os.fstat(self._file).st_size < self._size:
                raise GenerationError(
                    f"{self.folder / EXAMPLES} lost what it had; choose another --output-dir"
                )
            os.ftruncate(self._file, self._size)
        except OSError as error:
            raise GenerationError(f"{output} cannot be written: {error.strerror}") from None

    def examples(self) -> Iterator[Example]:
        """Those that count, from the disk."""
        read = 0
        with (self.folder / EXAMPLES).open("rb") as file:
            while read < self._size and (line := file.readline()):
                read += len(line)
                try:
                    yield from_line(line)
                except ExampleError as error:
                    raise GenerationError(f"{self.folder / EXAMPLES} is damaged: {error}") from None

    def append(self, example: Example) -> None:
        """It counts from the next checkpoint on. Raises GenerationError where the disk does not take it."""
        line = to_line(example)
        try:
            if os.pwrite(self._file, line, self._size) != len(line):
                raise OSError(0, "the disk is full")
        except OSError as error:
            raise GenerationError(f"{self.folder} cannot be written: {error.strerror}") from None
        self._size += len(line)
        self.state["examples"] += 1

    def checkpoint(self, **values: Any) -> None:
        """All that was appended counts. Raises GenerationError."""
        self.state |= {**values, "bytes": self._size}
        try:
            os.fdatasync(self._file)
            replace(self.folder / STATE, orjson.dumps(self.state, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise GenerationError(f"{self.folder} cannot be written: {error.strerror}") from None

    def unwanted(self) -> int:
        """How many of the examples a person does not want."""
        ids = rejected(self.output)
        return sum(one.id in ids for one in self.examples()) if ids else 0

    def finish(self, metadata: Mapping[str, Any]) -> None:
        """Put the two files in place, ``train.jsonl`` last. Raises GenerationError."""
        part, unwanted = self.folder / f"{TRAIN}.part", rejected(self.output)
        try:
            with part.open("wb") as file:
                if unwanted:
                    file.writelines(to_line(one) for one in self.examples() if one.id not in unwanted)
                else:
                    with (self.folder / EXAMPLES).open("rb") as made:
                        shutil.copyfileobj(made, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            replace(self.output / METADATA, orjson.dumps(metadata, option=orjson.OPT_INDENT_2) + b"\n")
            part.replace(self.output / TRAIN)
        except OSError as error:
            raise GenerationError(f"{self.output} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def read_state(output: Path) -> State | None:
    """How a run in ``output`` stands, None where there is none. Raises GenerationError."""
    path = output / FOLDER / STATE
    try:
        state: State = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise GenerationError(f"{path} cannot be read ({error}); choose another --output-dir") from None
    if state.get("version") != VERSION:
        raise GenerationError(f"{path} is of another version; choose another --output-dir")
    return state


def keep_seeds(output: Path, seeds: Iterable[Example]) -> None:
    """What a run in ``output`` that has not begun is to start from. Raises OSError."""
    folder = output / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(folder / SEEDS, b"".join(to_line(one) for one in seeds))


def kept_seeds(output: Path) -> list[Example]:
    """Raises GenerationError where they are damaged."""
    path = output / FOLDER / SEEDS
    try:
        return list(read(path)) if path.exists() else []
    except ExampleError as error:
        raise GenerationError(str(error)) from None


def rejected(output: Path) -> set[str]:
    """Ids of examples in ``output`` that a person does not want."""
    with suppress(FileNotFoundError):
        return set((output / FOLDER / REJECTED).read_text("utf-8").split())
    return set()


def reject(output: Path, ids: set[str]) -> None:
    """Leave out exactly these when the run ends; others take their place."""
    replace(output / FOLDER / REJECTED, "".join(f"{one}\n" for one in sorted(ids)).encode())
