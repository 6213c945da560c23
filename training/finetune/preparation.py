"""The examples of a run: read, split, measured.

Invariant: no session is both learned from and looked at; an example that does not fit is left out whole and
said, never cut; the same files, settings and seed give the same examples.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.protocol.messages import Prompt
from training.datasets.example import Example, ExampleError, read
from training.datasets.manifest import DatasetError
from training.datasets.store import DatasetStore
from training.finetune.batches import Sized
from training.finetune.reading import parts
from training.finetune.rendering import Tokens, rendered
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError, Reporter

_NAMED = 5
TRAINING = "train.jsonl"
VALIDATION = ("validation.jsonl", "val.jsonl")


@dataclass(frozen=True)
class DataFiles:
    """``validation`` is None where examples for it are to be split off."""

    training: Path
    validation: Path | None = None

    def all(self) -> list[Path]:
        return [path for path in (self.training, self.validation) if path is not None]


def data_files(path: Path) -> DataFiles:
    """Those of a folder with ``train.jsonl``, of one file of examples, or of a dataset by its id.

    Raises JobError.
    """
    if not path.exists():
        path = _dataset(path) or path
    if not path.is_dir():
        if not path.is_file():
            raise JobError(
                f"there is no data at {path}; give a folder with {TRAINING}, such a file, or a dataset"
            )
        return DataFiles(path.absolute())
    training = path / TRAINING
    if not training.is_file():
        raise JobError(f"{path} has no {TRAINING}; `apprentice teach generate` writes one")
    validation = next((path / name for name in VALIDATION if (path / name).is_file()), None)
    return DataFiles(training.absolute(), validation and validation.absolute())


def examples(files: DataFiles, settings: FinetuneSettings) -> tuple[list[Example], list[Example]]:
    """Those to learn from and those to look at; of readings the parts. Raises JobError naming a bad line."""
    try:
        training = list(read(files.training))
        known = list(read(files.validation)) if files.validation is not None else None
    except ExampleError as error:
        raise JobError(f"{error}; mend or remove that line") from None
    if known is None:
        training, known = split(training, settings.validation_share, settings.seed)
    if not training:
        raise JobError(f"{files.training} holds no example to learn from; take a file that does")
    return _in_parts(training), _in_parts(_drawn(known, settings))


def split(given: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """By session; an example without one is a session of its own."""
    sessions = sorted({_session(each) for each in given})
    random.Random(seed).shuffle(sessions)
    held_out = set(sessions[: int(share * len(sessions))])
    return (
        [each for each in given if _session(each) not in held_out],
        [each for each in given if _session(each) in held_out],
    )


def readable(given: Sequence[Example], prompt: Prompt | None = None) -> list[Example]:
    """Those that a student with that prompt can learn from: readings only where it says how to read.

    Without a prompt, for a student elsewhere, which is shown results as they are.
    """
    reads = prompt is not None and prompt.reading is not None
    return [each for each in given if reads or not each.reading]


def measured(
    given: Iterable[Example], tokens: Tokens, prompt: Prompt, most: int, reporter: Reporter
) -> list[Sized]:
    """Those of no more than ``most`` ids, with their lengths; the others are said.

    Parts of readings are kept only for a prompt that says how to read.
    """
    kept: list[Sized] = []
    left_out: list[str] = []
    given = list(given)
    can_read = readable(given, prompt)
    unread = len(given) - len(can_read)
    for each in can_read:
        made = rendered(tokens, prompt, each)
        sized = Sized(each, len(made.prefix), len(made.ids))
        if sized.whole <= most:
            kept.append(sized)
        else:
            left_out.append(each.id)
        reporter.check()
    if unread:
        reporter.note(f"{unread:,} parts of readings are left out: the prompt does not say how to read")
    if left_out:
        named = ", ".join(left_out[:_NAMED]) + (", ..." if len(left_out) > _NAMED else "")
        reporter.note(
            f"{len(left_out)} examples are longer than {most:,} tokens and left out whole: {named}; "
            "max_tokens sets how long they may be"
        )
    return kept


def _in_parts(given: Iterable[Example]) -> list[Example]:
    return [part for each in given for part in (parts(each) if each.reading else (each,))]


def _dataset(path: Path) -> Path | None:
    """The folder of the dataset with that id, the beginning of it, or ``last``."""
    try:
        return DatasetStore().path(str(path))
    except DatasetError:
        return None


def _session(example: Example) -> str:
    return example.session or f"example {example.id}"


def _drawn(known: list[Example], settings: FinetuneSettings) -> list[Example]:
    if len(known) <= settings.validation_most:
        return known
    return random.Random(settings.seed).sample(known, settings.validation_most)
