"""The weights that are trained: a base from its GGUF, with an adapter over it or as it is.

Invariant: the base is what the student runs on, its quantised weights taken back to numbers, so that the
adapter learns on the base that it will be used with. No new tokens, nothing saved beside the linear layers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.finetune import attention, four_bits
from training.finetune.outputs import WHOLE
from training.finetune.settings import FinetuneSettings

if TYPE_CHECKING:
    import torch


class BaseError(Exception):
    """The base cannot be trained: one line, what, where, how to mend it."""


def begun(path: Path, settings: FinetuneSettings, start: Path | None) -> Any:
    """``load``, going on from the weights ``start``: those of an adapter, or of a whole model.

    Where all weights are trained, an adapter is first added to them. Raises BaseError.
    """
    model = load(path, settings)
    if start is None:
        return model
    if start.name == WHOLE:
        take_over(model, start)
        return model
    if settings.method != "full":
        start_from(model, start, path)
        return model
    adapted = with_adapter(model, settings)
    start_from(adapted, start, path)
    whole = adapted.merge_and_unload()
    whole.requires_grad_(True)  # the adapter had frozen them
    return whole.train()


def take_over(model: Any, weights: Path) -> None:
    """Give ``model`` all weights of another one of its shape. Raises BaseError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        missing, unknown = model.load_state_dict(load_file(weights), strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BaseError(f"{weights} cannot be read: {' '.join(str(error).split())[:200]}") from None
    if unknown or any(name != "lm_head.weight" for name in missing):
        raise BaseError(f"{weights} is not of this base: {(*unknown, *missing)[0]}")


def load(path: Path, settings: FinetuneSettings) -> Any:
    """A causal language model of transformers, ready to be trained. Raises BaseError."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if settings.method == "qlora" and (said := four_bits.problem()):
        raise BaseError(said)
    torch.manual_seed(settings.seed)
    halved = settings.precision == "bfloat16" and settings.method != "full"
    dtype = torch.bfloat16 if halved else torch.float32
    try:
        with _read_once():
            model: Any = AutoModelForCausalLM.from_pretrained(
                path.parent,
                gguf_file=path.name,
                dtype=dtype,
                attn_implementation=_attention(),
                **_as_numbers(),
            )
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise BaseError(f"{path}: transformers cannot take this GGUF as a base: {error}") from None
    model.config.use_cache = True
    if quantizer := getattr(model, "hf_quantizer", None):
        quantizer.remove_quantization_config(model)  # what it came from; as a quantized one it is not saved
    if settings.method == "qlora":
        model = four_bits.in_four_bits(model)
    elif torch.cuda.is_available():
        model = model.to("cuda")
    return model.train() if settings.method == "full" else with_adapter(model, settings)


def _as_numbers() -> dict[str, Any]:
    """Newer versions of transformers leave weights in the blocks of a GGUF unless they are told not to."""
    try:
        from transformers import GgufConfig
    except ImportError:
        return {}
    return {"quantization_config": GgufConfig(dequantize=True)}


@contextmanager
def _read_once() -> Iterator[None]:
    """transformers reads a GGUF twice, and makes the table of all its names anew for each module."""
    import gguf

    plain = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    for name, made in plain.items():
        setattr(gguf, name, cache(made))
    try:
        yield
    finally:
        for name, made in plain.items():
            setattr(gguf, name, made)


def _attention() -> str:
    import torch

    return "sdpa" if torch.cuda.is_available() else attention.register()


def with_adapter(model: Any, settings: FinetuneSettings) -> Any:
    """A low-rank adapter over all linear layers; the base is frozen."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        bias="none",
        task_type="CAUSAL_LM",
    )
    made = get_peft_model(model, config).train()
    if settings.dropout == 0 and next(made.parameters()).device.type == "cpu":
        from training.finetune.linear import quicken

        quicken(made)
    return made


def core(model: Any) -> tuple[Any, Any]:
    """The transformer without its head, and the head."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner.model, inner.lm_head


def trained(model: Any) -> "list[tuple[str, torch.nn.Parameter]]":
    """The parameters that learn, by name."""
    return [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]


def adapter_weights(model: Any) -> dict[str, Any]:
    """The adapter's matrices as numpy arrays, by the names that PEFT saves them under."""
    from peft import get_peft_model_state_dict

    state = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {name: weight.detach().float().cpu().numpy() for name, weight in state.items()}


def save_adapter(model: Any, base: str, path: Path) -> None:
    """The adapter as PEFT reads it, in the folder ``path``."""
    model.peft_config["default"].base_model_name_or_path = base
    model.save_pretrained(path, save_embedding_layers=False)
    (path / "README.md").unlink()  # PEFT's form, with nothing filled in


def start_from(model: Any, weights: Path, base: Path) -> None:
    """Give the adapter the weights of an earlier one: PEFT's, or a GGUF's over the GGUF ``base``.

    Raises BaseError where it has another shape.
    """
    from peft import set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from training.export.naming import ExportError

    try:
        state = _of_gguf(model, weights, base) if weights.suffix == ".gguf" else load_file(weights)
        found = set_peft_model_state_dict(model, state)
    except (OSError, SafetensorError, RuntimeError, ExportError) as error:
        why = " ".join(str(error).split())[:200]
        raise BaseError(f"{weights} cannot be trained further: {why}; take the rank of that run") from None
    if found.unexpected_keys:
        raise BaseError(f"{weights} is of another base: it has {found.unexpected_keys[0]}")


def _of_gguf(model: Any, path: Path, base: Path) -> dict[str, Any]:
    import torch

    from training.export.adapter import read_adapter
    from training.export.template import Template

    config = model.peft_config["default"]
    scale = config.lora_alpha / config.r
    read = read_adapter(path, Template(base), adapter_weights(model), scale)
    return {name: torch.from_numpy(rows) for name, rows in read.items()}
