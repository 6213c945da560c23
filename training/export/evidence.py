"""What every file of an export is held against: what the trained weights say in transformers.

Invariant: the weights are taken from the run as it wrote them, over the base's own numbers in float32;
nothing that the export writes is part of it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.protocol.messages import Prompt
from training.datasets.example import Example
from training.export.beside import Beside
from training.export.naming import ExportError
from training.export.prompts import Seen, by_transformers
from training.export.source import Run
from training.export.traces import OPENINGS, Said, Spoken, Trace, decisions, spoken, trace_gguf, trace_torch
from training.finetune.model import BaseError, load, take_over
from training.student.engine import EngineError
from training.student.vocabulary import Vocabulary


@dataclass(frozen=True)
class Evidence:
    """``reference`` is what the trained weights say, ``base`` what the base says on the first examples;
    ``held_out`` whether the run did not learn from these examples."""

    spoken: Sequence[Spoken]
    prompts: Sequence[Seen]
    reference: Trace
    base: Trace
    base_path: Path
    held_out: bool
    threads: int

    @property
    def decisions(self) -> int:
        """How many decisions the files are judged on."""
        return decisions(self.spoken)

    def proves(self, least: int) -> bool:
        """Whether that is enough: ``least`` decisions that the run did not learn from."""
        return self.held_out and self.decisions >= least


def gather(run: Run, said: Said, most_ids: int, least: int = 1) -> Evidence:
    """Evaluate the examples in transformers and on the base; of them no more than ``most_ids`` ids, unless
    ``least`` decisions take more.

    Raises ExportError, EngineError.
    """
    examples, held_out = run.held_out()
    base, prompt = run.order.base_path, run.order.parsed_prompt()
    longest = run.order.settings.max_tokens
    chosen = spoken(Vocabulary.of(base), prompt, examples, most_ids, longest, least)
    threads = len(os.sched_getaffinity(0))
    beside = Beside(_without_torch, base, prompt, examples, chosen[:OPENINGS], max(1, threads // 2))
    reference = trace_torch(tuned(run), chosen, said)
    prompts, of_base = beside.result()
    return Evidence(
        spoken=chosen,
        prompts=prompts,
        reference=reference,
        base=of_base,
        base_path=base,
        held_out=held_out,
        threads=threads,
    )


def _without_torch(
    base: Path, prompt: Prompt, examples: Sequence[Example], first: Sequence[Spoken], threads: int
) -> tuple[list[Seen], Trace]:
    """What can be found out while the trained weights are loaded. Raises ExportError."""
    try:
        of_base = trace_gguf(base, first, lambda done, total: None, threads=threads)
    except EngineError as error:
        raise ExportError(str(error)) from None
    return by_transformers(base, prompt, examples), of_base


def tuned(run: Run) -> Any:
    """The trained model of transformers, in float32, an adapter added to its weights. Raises ExportError."""
    settings = run.order.settings.model_copy(update={"precision": "float32", "method": "full"})
    try:
        model = load(run.order.base_path, settings)
        if run.whole:
            take_over(model, run.weights)
            return model
    except BaseError as error:
        raise ExportError(str(error)) from None
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(run.weights.parent)).merge_and_unload()
