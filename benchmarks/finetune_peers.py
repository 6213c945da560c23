"""One trainer in a process of its own, as ``finetune.py`` starts it; prints one JSON line.

All see the same ids in the same order: a step is the examples of one of our steps. ``ours`` is the trainer of
the product. ``plain`` is a loop over transformers and PEFT as their guides have it: rows padded, prompt and
answer evaluated whole, the same adapter, optimiser, rate and precision. ``trl`` is ``SFTTrainer`` over the
same ids, with the same arguments.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from measuring import ROOT

sys.path.insert(0, str(ROOT))

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from training.datasets.example import read
from training.finetune.batches import MicroBatch, Room, Sized, steps
from training.finetune.checkpoints import Checkpoints
from training.finetune.model import load
from training.finetune.rendering import Rendered, rendered
from training.finetune.settings import FinetuneSettings
from training.finetune.trainer import Data, Trainer, rate
from training.student.gguf import embedded_model
from training.student.prompt import shipped_prompt
from training.student.vocabulary import Vocabulary

WARM_UP = 2
PROMPT = shipped_prompt("tuned")


class Stop(Exception):
    """Enough steps were made."""


class Steps:
    """A Reporter that keeps what is measured, and stops after so many steps."""

    resumed = False

    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self._most = folder, most
        self.arguments: dict[str, Any] = {}
        self.losses: list[float] = []
        self.ends: list[float] = []

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self.ends.append(time.perf_counter())
        if done >= self._most:
            raise Stop

    def check(self) -> None: ...

    def metric(self, **values: float | str) -> None:
        self.losses.append(float(values["loss"]))

    def note(self, text: str) -> None: ...

    def output(self, name: str) -> Any:
        raise NotImplementedError


def main(who: str, data: str, count: int, threads: int) -> None:
    torch.set_num_threads(threads)
    settings = FinetuneSettings(
        threads=threads,
        checkpoint_every=10**6,
        validate_every=10**6,
        choice_weight=1,
        text_weight=1,
    )
    tokens = Vocabulary.of(embedded_model())
    known = [_sized(tokens, each) for each in read(Path(data))]
    chosen = list(steps(known, Room.of(settings), seed=settings.seed, epoch=0, shuffle_tools=True))
    total, chosen = len(chosen), chosen[:count]
    batches = [[row for batch in step for row in _rows(tokens, batch)] for step in chosen]
    losses, ends = {"ours": _ours, "plain": _plain, "trl": _trl}[who](known, tokens, batches, settings, total)
    sizes = list(map(len, batches))
    spent = ends[-1] - ends[WARM_UP - 1]
    speed = sum(sizes[WARM_UP : len(ends)]) / spent
    print(json.dumps({"examples_per_s": speed, "losses": losses, "examples": sum(sizes)}))


def _sized(tokens: Vocabulary, example: Any) -> Sized:
    made = rendered(tokens, PROMPT, example)
    return Sized(example, len(made.prefix), len(made.ids))


def _rows(tokens: Vocabulary, batch: MicroBatch) -> list[Rendered]:
    pairs = zip(batch.examples, batch.tools, strict=True)
    return [rendered(tokens, PROMPT, example, tools) for example, tools in pairs]


def _ours(known: Any, tokens: Any, batches: Any, settings: Any, total: int) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        told = Steps(Path(folder), len(batches))
        model, places = load(embedded_model(), settings), Checkpoints(Path(folder))
        with suppress(Stop):
            Trainer(model, tokens, PROMPT, Data(known, []), settings, places, told).run()
    return told.losses, told.ends


def _plain(known: Any, tokens: Any, batches: Any, settings: Any, total: int) -> Any:
    model = _peers_model(settings)
    learning = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=settings.learning_rate, weight_decay=0.0)
    losses, ends = [], []
    for number, rows in enumerate(batches):
        ids, mask, labels = _padded(rows)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * rate(number, total, settings.warmup)
        torch.nn.utils.clip_grad_norm_(learning, settings.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        ends.append(time.perf_counter())
    return losses, ends


def _trl(known: Any, tokens: Any, batches: Any, settings: Any, total: int) -> Any:
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    losses: list[float] = []
    ends: list[float] = []

    class Ends(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

        def on_log(self, *given: Any, logs: Any = None, **__: Any) -> None:
            if "loss" in (logs or {}):
                losses.append(float(logs["loss"]))

    class InOrder(SFTTrainer):
        def _get_train_sampler(self, *_: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    rows = [row for batch in batches for row in batch]
    with tempfile.TemporaryDirectory() as folder:
        trainer = InOrder(
            model=_peers_model(settings),
            processing_class=AutoTokenizer.from_pretrained(
                embedded_model().parent, gguf_file=embedded_model().name
            ),
            args=SFTConfig(
                output_dir=folder,
                use_cpu=True,
                bf16=True,
                per_device_train_batch_size=settings.batch,
                learning_rate=settings.learning_rate,
                lr_scheduler_type="cosine",
                warmup_steps=max(1, round(settings.warmup * total)),
                num_train_epochs=1,
                max_length=None,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                gradient_checkpointing=False,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            train_dataset=Dataset.from_list(list(_records(rows))),
            data_collator=lambda given: dict(
                zip(
                    ("input_ids", "attention_mask", "labels"),
                    _stacked([each["input_ids"] for each in given], [each["labels"] for each in given]),
                    strict=True,
                )
            ),
            callbacks=[Ends()],
        )
        trainer.train()
    return losses, ends


def _peers_model(settings: FinetuneSettings) -> Any:
    torch.manual_seed(settings.seed)
    path = embedded_model()
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.bfloat16)
    # The weights were taken back to numbers; transformers' Trainer refuses what still says otherwise.
    model.is_quantized, model.hf_quantizer = False, None
    vars(model.config).pop("quantization_config", None)
    config = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config).train()


def _records(rows: list[Rendered]) -> Iterator[dict[str, list[int]]]:
    for row in rows:
        ids = [*row.prefix, *row.ids]
        labels = [-100] * len(ids)
        for start, stop in row.trained:
            at = len(row.prefix)
            labels[at + start : at + stop] = ids[at + start : at + stop]
        yield {"input_ids": ids, "labels": labels}


def _padded(rows: list[Rendered]) -> tuple[Any, Any, Any]:
    given = list(_records(rows))
    return _stacked([each["input_ids"] for each in given], [each["labels"] for each in given])


def _stacked(ids: list[list[int]], labels: list[list[int]]) -> tuple[Any, Any, Any]:
    width = max(map(len, ids))
    padded = torch.tensor([[*each, *[0] * (width - len(each))] for each in ids])
    mask = torch.tensor([[1] * len(each) + [0] * (width - len(each)) for each in ids])
    wanted = torch.tensor([[*each, *[-100] * (width - len(each))] for each in labels])
    return padded, mask, wanted


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
