"""What a run takes, by rules of thumb: computation, memory.

The constants were measured with the embedded student on two cores (bfloat16, rank 32): a step reached half of
what bare products of its matrices reach, and held 1.6 MB per token that is evaluated at once. On a GPU
nothing was measured; the share there is a guess on the careful side.
"""

import math

from training.finetune.settings import FinetuneSettings

_REACHED = {"cpu": 0.5, "cuda": 0.1}
_LOOK = 1 / 3
"""Of the computation of a step, where nothing is learned from what is looked at."""
_PROGRAM_BYTES = 500 << 20
_REFERENCE_PARAMETERS = 135e6
_REFERENCE_TOKEN_BYTES = 1.6e6
_LEARNED_BYTES = 16
"""A weight that learns is held four times in float32: itself, its gradient, two means of the optimiser."""
_ADAPTER_PARAMETERS_PER_RANK = 9.8e6 / 32


def operations_per_token(parameters: int, method: str) -> float:
    """Forward, back through the activations, and to the weights where they learn."""
    return (6.0 if method == "full" else 4.0) * parameters


def seconds(
    tokens: float, looked_at: float, parameters: int, method: str, gflops: float, device: str
) -> float:
    """For ``tokens`` that are learned from and others that are looked at."""
    operations = operations_per_token(parameters, method) * (tokens + _LOOK * looked_at)
    return operations / (gflops * 1e9 * _REACHED[device])


def memory_bytes(parameters: int, settings: FinetuneSettings) -> int:
    """The most that a process of the run holds, about."""
    weights = parameters * _bytes_per_weight(settings) / (settings.ranks if settings.sharded else 1)
    share = _sides(parameters)
    learned = parameters if settings.method == "full" else learned_parameters(parameters, settings.rank)
    activations = settings.micro_tokens * _REFERENCE_TOKEN_BYTES * share
    if settings.precision == "float32":
        activations *= 2
    return int(weights + _LEARNED_BYTES * learned + activations + _PROGRAM_BYTES)


def learned_parameters(parameters: int, rank: int) -> float:
    """Of an adapter of that rank over all linear layers; its size grows with the sides of the matrices."""
    return _ADAPTER_PARAMETERS_PER_RANK * rank * _sides(parameters)


def _sides(parameters: int) -> float:
    """How much longer the sides of all matrices together are than those of the student that was measured."""
    return math.pow(parameters / _REFERENCE_PARAMETERS, 2 / 3)


def _bytes_per_weight(settings: FinetuneSettings) -> float:
    """Of the weights that do not learn."""
    if settings.method == "full":
        return 0.0  # among those that do
    if settings.method == "qlora":
        return 0.6
    return 2.0 if settings.precision == "bfloat16" else 4.0
