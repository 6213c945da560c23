"""Whole fine-tuning jobs over a tiny base, in processes of their own."""

from functools import partial
from pathlib import Path

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import PROMPT, call, foreign, talk
from tests.training.finetune.tiny_base import write_base
from tests.training.jobs import waiting
from training.finetune.order import Order, order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import Job
from training.jobs.logs import tail
from training.jobs.store import Jobs

ROOT = Path(__file__).parents[3]
SETTINGS = FinetuneSettings(
    precision="float32",
    batch=8,
    micro_batch=4,
    epochs=2,
    validate_every=4,
    checkpoint_every=3,
    learning_rate=0.005,
    threads=1,
)

until = partial(waiting.until, seconds=600)
ended = partial(waiting.ended, seconds=600)


def write_place(folder: Path) -> Path:
    """Write a base, a prompt and examples: six steps of a run with ``SETTINGS``."""
    write_base(folder / "base.gguf")
    examples = [*(call(number) for number in range(24)), *(foreign(number) for number in range(8))]
    written(folder / "train.jsonl", *examples)
    written(folder / "validation.jsonl", call(30), talk(9))
    (folder / "prompt.toml").write_text(f'instructions = "{PROMPT.instructions}"\ndescribe = false\n')
    return folder


def asked(place: Path, **settings: object) -> Order:
    given = FinetuneSettings(**{**SETTINGS.model_dump(), **settings})
    prompt, base = str(place / "prompt.toml"), str(place / "base.gguf")
    return order(place, base=base, prompt=prompt, name="tiny", settings=given)


def done(jobs: Jobs, job: Job) -> Job:
    """Return the job when it is done; fails with its log where it is not."""
    found = ended(jobs, job)
    assert found.state == "done", f"{found.error}\n{tail(found.folder)}"
    return found
