"""The fine-tuning job: from examples and a base to trained weights and what is to be known of them.

Invariant: whatever ends the process, the next run goes on from the last checkpoint and ends in the same
outputs; ``run.json`` is written last, so that a run that has it has everything else.

Outputs: ``adapter/`` as PEFT reads it and ``adapter.gguf`` as llama.cpp does, or ``model/model.safetensors``
where all weights were trained; ``prompt.toml``; ``run.json``.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from training.export.adapter import write_adapter
from training.export.naming import ExportError
from training.export.template import Template
from training.finetune.checkpoints import Checkpoints, RunState
from training.finetune.model import BaseError, adapter_weights, begun, save_adapter
from training.finetune.order import Order
from training.finetune.outputs import ADAPTER, ADAPTER_GGUF, MODEL, PROMPT, RUN
from training.finetune.preparation import examples, measured
from training.finetune.provenance import provenance
from training.finetune.ranks import Ranks
from training.finetune.settings import FinetuneSettings
from training.finetune.sharding import shard
from training.finetune.source import Data, ExampleSource
from training.finetune.together import train_together
from training.finetune.tokens import RecentTokens
from training.finetune.trainer import Trainer
from training.jobs.base import JobError, Reporter
from training.jobs.journal import entries
from training.jobs.layout import JOURNAL
from training.student.vocabulary import Vocabulary, VocabularyError

CHECKPOINTS = "checkpoints"
_OUT_OF_MEMORY = re.compile(
    r"(can't|cannot|unable to|failed to) allocate|out of memory|bad_alloc", re.IGNORECASE
)
_CURVE = ("loss", "rate", "validation_loss", "tool", "call", "restraint", "reading", "score")


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``Order`` in the arguments. Raises JobError, training.jobs.base.Cancelled."""
    asked = Order.model_validate(reporter.arguments)
    if asked.settings.ranks > 1:
        return train_together(reporter, asked.settings)
    return train(reporter, asked)


def train(reporter: Reporter, asked: Order, ranks: Ranks | None = None) -> Mapping[str, Any]:
    """In this process, which is one of ``ranks``; the one that leads writes the outputs.

    Raises JobError, training.jobs.base.Cancelled.
    """
    ranks = ranks or Ranks()
    _check_alike(asked, ranks)
    threads = _set_threads(asked.settings)
    tokens, prompt = RecentTokens(_vocabulary(asked.base_path)), asked.parsed_prompt()
    reporter.note("reading the examples")
    training, validation = examples(asked.files, asked.settings)
    most = asked.settings.max_tokens
    data = Data(
        measured(training, tokens, prompt, most, reporter),
        measured(validation, tokens, prompt, most, reporter),
    )
    if not data.training:
        raise JobError(f"every example is longer than {most:,} tokens; set max_tokens higher")
    reporter.note("loading the base")
    try:
        model = begun(asked.base_path, asked.settings, asked.start)
    except BaseError as error:
        raise JobError(str(error)) from None
    if asked.settings.sharded:
        held = shard(model, ranks)
        reporter.note(f"the base's layers are spread over {ranks.count} processes: {held:,} bytes in each")
    checkpoints = Checkpoints(reporter.folder / CHECKPOINTS)
    source = ExampleSource(data, tokens, prompt, asked.settings)
    trainer = Trainer(model, source, asked.settings, checkpoints, reporter, ranks)
    reporter.note(
        f"{len(data.training):,} examples to learn from, {len(data.validation):,} to look at, "
        f"{trainer.steps:,} steps, {threads} threads"
    )
    with _enough_memory():
        state = trainer.run()
    facts = {
        "steps": state.step,
        "best_step": state.best_step,
        "figures": state.figures,
        "examples": {"training": len(data.training) if state.step else 0, "validation": len(data.validation)},
        "left_out": len(training) + len(validation) - len(data.training) - len(data.validation),
        "threads": threads,
    }
    if ranks.leads:
        _hand_over(model, asked, facts, reporter)
    return _result(state, asked)


@contextmanager
def _enough_memory() -> Iterator[None]:
    """Raises JobError where there is none left; torch has no error of its own for it on a CPU."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = " ".join(str(error).split())[:150]
        if not isinstance(error, MemoryError) and not _OUT_OF_MEMORY.search(said):
            raise
        raise JobError(
            f"there is not enough memory: {said or 'none was left'}; set micro_tokens lower or take a "
            "smaller base, then resume"
        ) from error


def _check_alike(asked: Order, ranks: Ranks) -> None:
    """Machines that train together have to have the same files."""
    digests = sorted(asked.digests.values())
    if ranks.told(digests) != digests:
        raise JobError(
            f"machine {asked.settings.machine} has other data or another base than machine 0; copy its files"
        )


def _set_threads(settings: FinetuneSettings) -> int:
    import torch

    threads = settings.threads or max(1, len(os.sched_getaffinity(0)) // settings.processes)
    torch.set_num_threads(threads)
    return threads


def _vocabulary(base: Path) -> Vocabulary:
    try:
        return Vocabulary.of(base)
    except VocabularyError as error:
        raise JobError(str(error)) from None


def _hand_over(model: Any, asked: Order, facts: Mapping[str, Any], reporter: Reporter) -> None:
    """Write all outputs. Raises JobError."""
    from safetensors import SafetensorError

    reporter.note("writing the weights")
    try:
        _write(model, asked, reporter)
        _write_run(asked, facts, reporter)
    except (OSError, SafetensorError) as error:
        raise JobError(f"the weights could not be written: {error}; make room, then resume") from error
    except ExportError as error:
        raise JobError(str(error)) from None


def _write(model: Any, asked: Order, reporter: Reporter) -> None:
    """The weights and the prompt that they were tuned with. Raises OSError, ExportError, SafetensorError."""
    with reporter.output(PROMPT) as path:
        path.write_text(asked.prompt, "utf-8")
    if asked.settings.method == "full":
        with reporter.output(MODEL) as path:
            model.save_pretrained(path)
        return
    with reporter.output(ADAPTER) as path:
        save_adapter(model, asked.base, path)
    with reporter.output(ADAPTER_GGUF) as path:
        write_adapter(
            adapter_weights(model),
            alpha=2.0 * asked.settings.rank,
            base=Template(asked.base_path),
            path=path,
            facts={"general.name": asked.name},
        )


def _write_run(asked: Order, facts: Mapping[str, Any], reporter: Reporter) -> None:
    document = {
        "kind": "finetune",
        "order": asked.model_dump(mode="json"),
        **provenance(),
        **facts,
        "curve": curve(reporter.folder),
    }
    with reporter.output(RUN) as path:
        path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def curve(folder: Path) -> list[dict[str, float]]:
    """What was measured at each step, in order; of a step that was done twice, the last time."""
    found: dict[int, dict[str, float]] = {}
    for entry, _ in entries(folder / JOURNAL):
        if entry["what"] == "metric" and "step" in entry:
            at = found.setdefault(int(entry["step"]), {"step": entry["step"]})
            at.update({name: entry[name] for name in _CURVE if name in entry})
    return [found[step] for step in sorted(found)]


def _result(state: RunState, asked: Order) -> dict[str, Any]:
    """One line's worth for the person."""
    name = MODEL if asked.settings.method == "full" else ADAPTER_GGUF
    said = {
        key: value for key, value in state.figures.items() if key in ("tool", "call", "restraint", "reading")
    }
    return {"steps": state.step, "best_step": state.best_step, **said, "weights": name}
