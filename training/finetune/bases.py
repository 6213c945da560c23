"""Which models can be tuned here: what they take, and what fits.

Covered: models on this machine, and those of the catalogue, whose parameters follow from their size. Not
covered: whether a model is any good at calling tools.
"""

from dataclasses import dataclass
from pathlib import Path

from training.finetune.costs import memory_bytes, seconds
from training.finetune.probe import Machine
from training.finetune.settings import FinetuneSettings, Method
from training.models.base import ModelError
from training.models.catalogue import EMBEDDED, Source, catalogue
from training.models.header import Header, read_header
from training.models.memory import available_bytes
from training.models.store import ModelStore
from training.student.gguf import ModelFileError, model_path

ARCHITECTURES = ("llama", "qwen2", "qwen3")
"""Those that transformers reads from a GGUF, and whose weights an export can put back."""
_BITS = {"Q4_1": 5.7, "Q4_K_M": 4.85, "Q5_K_M": 5.7, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16.0}
_TYPICAL_TOKENS = 100
"""Of an example, when the tools are computed once for several."""
_EXAMPLES = 1000


@dataclass(frozen=True)
class Way:
    """One way to tune a base. ``seconds`` are for a thousand examples of about a hundred tokens."""

    method: Method
    memory_bytes: int
    fits: bool
    seconds: float


@dataclass(frozen=True)
class Base:
    """``problem`` says why it cannot be tuned here; ``ways`` is then empty."""

    id: str
    here: bool
    parameters: int
    license: str
    ways: tuple[Way, ...] = ()
    problem: str = ""


def bases(machine: Machine, store: ModelStore) -> list[Base]:
    """The models on this machine, the embedded one first, then those of the catalogue. Raises ModelError."""
    installed = [model.id for model in store.all()]
    here = [_here(name, machine) for name in (EMBEDDED, *installed)]
    others = [each for each in catalogue().values() if each.id not in (EMBEDDED, *installed)]
    return [*here, *(_there(each, machine) for each in others)]


def methods(machine: Machine) -> tuple[Method, ...]:
    """Those that this machine can do."""
    with_quantised: tuple[Method, ...] = ("lora", "qlora", "full")
    plain: tuple[Method, ...] = ("lora", "full")
    return with_quantised if machine.device == "cuda" and machine.bitsandbytes else plain


def header_of(path: Path) -> Header:
    """Raises ModelError where the file is no base for a training."""
    found = read_header(path)
    if found.architecture not in ARCHITECTURES:
        raise ModelError(
            f"{path}: its architecture is {found.architecture}, and only {', '.join(ARCHITECTURES)} can be "
            "trained from a GGUF; take another base"
        )
    return found


def _here(name: str, machine: Machine) -> Base:
    try:
        found = header_of(model_path(name))
    except (ModelError, ModelFileError) as error:
        return Base(name, True, 0, "", problem=str(error))
    return Base(name, True, found.parameters, found.license, _ways(found.parameters, machine))


def _there(source: Source, machine: Machine) -> Base:
    parameters = round(source.bytes * 8 / _BITS.get(source.quantization, 5.0))
    return Base(source.id, False, parameters, source.license, _ways(parameters, machine))


def _ways(parameters: int, machine: Machine) -> tuple[Way, ...]:
    return tuple(_way(parameters, method, machine) for method in methods(machine))


def _way(parameters: int, method: Method, machine: Machine) -> Way:
    needed = memory_bytes(parameters, FinetuneSettings(method=method))
    left = machine.gpu_bytes[0] if machine.gpu_bytes else available_bytes()
    tokens = _EXAMPLES * _TYPICAL_TOKENS
    spent = seconds(tokens, 0, parameters, method, machine.gflops, machine.device)
    return Way(method, needed, left is None or needed <= left, spent)
