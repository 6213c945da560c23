"""Training on a machine that has a GPU and little else: no llama.cpp, no network, no data folder.

    python -m training.finetune.elsewhere prepare DATA FILE [--prompt reading] [--set NAME=VALUE]...
    python -m training.finetune.elsewhere train FILE... BASE.gguf FOLDER [--from START] [--cut RANK] [--set]

``prepare`` renders the examples of DATA, ready for the loop. ``train`` needs torch, transformers, peft,
safetensors, gguf, numpy, pydantic, orjson, and the folders ``training``, ``tools`` and ``sandbox``. It
writes ``adapter.gguf`` (with ``--cut`` also of all weights: their change, cut to that rank),
``model.safetensors`` in bfloat16 of all weights, and ``metrics.jsonl``.

Invariant: both sides use the settings that the first file was prepared with, but for those that ``train``
is given.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.finetune.settings import FinetuneSettings


class PrintingReporter:
    """Fulfils ``Reporter`` for a run that nobody follows as a job: lines on stdout, figures in a file."""

    resumed = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arguments: Mapping[str, Any] = {}
        self._started = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None: ...

    def check(self) -> None: ...

    def metric(self, **values: float | str) -> None:
        line = json.dumps({"s": round(time.monotonic() - self._started, 2), **values})
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        if "score" in values or int(values.get("step", 0)) % 20 == 1:
            self.note(line)

    def note(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    @contextmanager
    def output(self, name: str) -> Iterator[Path]:
        yield self.folder / name


def prepare_run(data: Path, file: Path, prompt_name: str, settings: FinetuneSettings) -> None:
    """Render all examples, and put settings and prompt beside them."""
    from training.finetune.order import prompt_text
    from training.finetune.preparation import data_files, examples, measured
    from training.finetune.prepared import prepare
    from training.finetune.source import Data, ExampleSource
    from training.finetune.tokens import RecentTokens
    from training.student.gguf import model_path
    from training.student.prompt import parse_prompt
    from training.student.vocabulary import Vocabulary

    reporter = PrintingReporter(file.absolute().parent)
    text = prompt_text(prompt_name)
    tokens = RecentTokens(Vocabulary.of(model_path("embedded")))
    prompt = parse_prompt(text, prompt_name)
    training, validation = examples(data_files(data), settings)
    made = Data(
        *(measured(each, tokens, prompt, settings.max_tokens, reporter) for each in (training, validation))
    )
    facts = prepare(ExampleSource(made, tokens, prompt, settings), file)
    beside = {"settings": settings.model_dump(mode="json"), "prompt": text, **facts}
    _beside(file).write_text(json.dumps(beside), "utf-8")
    reporter.note(json.dumps({**facts, "bytes": file.stat().st_size}))


def train_prepared(
    files: Sequence[Path], base: Path, folder: Path, settings: FinetuneSettings, start: Path | None, cut: int
) -> None:
    """Train on prepared files, and write the weights."""
    from training.finetune.checkpoints import Checkpoints
    from training.finetune.model import begun
    from training.finetune.prepared import PreparedSource
    from training.finetune.trainer import Trainer

    reporter = PrintingReporter(folder)
    reporter.note("loading")
    source = PreparedSource(files, settings.seed, settings.micro_tokens)
    model = begun(base, settings, start)
    trainer = Trainer(model, source, settings, Checkpoints(folder / "checkpoints"), reporter)
    reporter.note(f"{trainer.steps} steps on {next(model.parameters()).device}")
    state = trainer.run()
    (folder / "result.json").write_text(json.dumps({"step": state.step, **state.figures}), "utf-8")
    _write(model, base, folder, settings, cut)


def _write(model: Any, base: Path, folder: Path, settings: FinetuneSettings, cut: int) -> None:
    from training.export.adapter import write_adapter
    from training.export.template import Template
    from training.finetune.model import adapter_weights

    if settings.method != "full":
        weights, alpha = adapter_weights(model), 2.0 * settings.rank
    elif cut:
        weights, alpha = _change(model, base, cut), float(cut)
    if settings.method == "full":
        import torch
        from safetensors.torch import save_file

        state = {name: weight.to(torch.bfloat16).cpu().contiguous() for name, weight in _named(model).items()}
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    if settings.method != "full" or cut:
        facts = {"general.name": folder.name}
        write_adapter(weights, alpha=alpha, base=Template(base), path=folder / "adapter.gguf", facts=facts)


def _change(model: Any, base: Path, rank: int) -> dict[str, Any]:
    """What training changed in the linear layers, as the matrices of an adapter of that rank."""
    import torch

    from training.finetune.model import core, load

    plain = load(base, FinetuneSettings(method="full", precision="float32"))
    before = dict(core(plain)[0].named_modules())
    made: dict[str, Any] = {}
    for name, layer in core(model)[0].named_modules():
        if isinstance(layer, torch.nn.Linear):
            change = layer.weight.detach().float() - before[name].weight.detach().float()
            u, s, v = torch.linalg.svd(change, full_matrices=False)
            root = s[:rank].sqrt()
            prefix = f"base_model.model.model.{name}"
            made[f"{prefix}.lora_A.weight"] = (root[:, None] * v[:rank]).cpu().numpy()
            made[f"{prefix}.lora_B.weight"] = (u[:, :rank] * root).cpu().numpy()
    return made


def _named(model: Any) -> dict[str, Any]:
    """All weights but a head that is the embeddings over again."""
    tied = model.config.tie_word_embeddings
    return {
        name: each.detach() for name, each in model.state_dict().items() if not (tied and "lm_head" in name)
    }


def _beside(file: Path) -> Path:
    return file.with_suffix(".json")


def _settings(given: Sequence[str], known: Mapping[str, Any] | None = None) -> FinetuneSettings:
    pairs = dict(each.split("=", 1) for each in given)
    return FinetuneSettings.model_validate({**(known or {}), **pairs})


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.finetune.elsewhere")
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare")
    prepare.add_argument("data", type=Path)
    prepare.add_argument("file", type=Path)
    prepare.add_argument("--prompt", default="reading")
    train = commands.add_parser("train")
    train.add_argument("files", type=Path, nargs="+")
    train.add_argument("base", type=Path)
    train.add_argument("folder", type=Path)
    train.add_argument("--from", dest="start", type=Path)
    train.add_argument("--cut", type=int, default=0)
    for each in (prepare, train):
        each.add_argument("--set", dest="values", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    if given.command == "prepare":
        prepare_run(given.data, given.file, given.prompt, _settings(given.values))
        return
    known = json.loads(_beside(given.files[0]).read_text("utf-8"))
    settings = _settings(given.values, known["settings"])
    train_prepared(given.files, given.base, given.folder, settings, given.start, given.cut)
    (given.folder / "prompt.toml").write_text(known["prompt"], "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
