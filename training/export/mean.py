"""The mean of several adapters over one base, as an adapter of its own.

Stages of one training lie close together, and between them there is often a student better than each
(Wortsman et al., "Model soups", ICML 2022). Invariant: what the mean adds to the base is the mean of what the
adapters add, as near as the rank allows (least squares), whether they are of one descent or not.

PEFT's ``add_weighted_adapter`` does so over a loaded model; here the files are enough, without torch. The
file says what it is the mean of, and the runs that its adapters learned in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.export.adapter import write_tensors
from training.export.naming import ExportError
from training.export.template import fact_of, rows_of, tensors_of
from training.models.digest import sha256_of_file

if TYPE_CHECKING:
    import numpy as np

    Pair = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
    """A of [rank, in] and B of [out, rank]: what is added to a weight is B @ A."""

_ALPHA, _ARCHITECTURE = "adapter.lora.alpha", "general.architecture"
_MEAN_OF, _RUNS = "adapter.mean_of", "adapter.runs"
_SHOWN = 12
"""Digits of a digest that are enough to find a file by."""


@dataclass(frozen=True)
class Mean:
    """``kept`` is the share of the mean's square that its rank holds."""

    adapters: int
    rank: int
    kept: float


def write_mean(
    adapters: Sequence[Path], path: Path, rank: int | None = None, runs: Sequence[str] = ()
) -> Mean:
    """Write the mean of the adapter GGUFs to ``path``; one that is named twice counts twice.

    ``rank`` is by default the first one's; ``runs`` are the ids of those that the adapters are known to come
    from. Raises ExportError, OSError.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    read = [_pairs(each) for each in adapters]
    _check_alike(adapters, read)
    rank = rank or max(len(a) for a, _ in read[0].values())
    made: dict[str, np.ndarray[Any, Any]] = {}
    kept = whole = 0.0
    with threadpool_limits(1):  # threads that share thin matrices wait for each other most of the time
        for name in sorted(read[0]):
            (a, b), values = _mean([each[name] for each in read], rank)
            made[f"{name}.lora_a"], made[f"{name}.lora_b"] = a, b
            kept, whole = kept + float(np.sum(values[:rank] ** 2)), whole + float(np.sum(values**2))
    part = path.with_name(f"{path.name}.part")
    architecture = str(fact_of(adapters[0], _ARCHITECTURE))
    facts = {
        "general.name": path.stem,
        _MEAN_OF: ", ".join(map(_named, adapters)),
        _RUNS: " ".join(dict.fromkeys([*runs, *(run for each in adapters for run in runs_of(each))])),
    }
    write_tensors(part, architecture, float(rank), made, facts)
    part.replace(path)
    return Mean(len(adapters), rank, kept / whole if whole else 1.0)


def mean_of(adapter: Path) -> str:
    """What an adapter is the mean of, by the beginnings of SHA-256s, a mean among them in brackets; empty
    where it is none. Raises ExportError."""
    return str(fact_of(adapter, _MEAN_OF, ""))


def runs_of(adapter: Path) -> tuple[str, ...]:
    """The ids of the runs that a mean comes from, as far as they were known. Raises ExportError."""
    return tuple(str(fact_of(adapter, _RUNS, "")).split())


def _named(adapter: Path) -> str:
    inner = mean_of(adapter)
    return f"({inner})" if inner else sha256_of_file(adapter)[:_SHOWN]


def _mean(pairs: "Sequence[Pair]", rank: int) -> "tuple[Pair, np.ndarray[Any, Any]]":
    """The mean cut to ``rank``, and all its singular values.

    All rows of A are as long as the first adapter's are on average, so that training goes on from the mean as
    from it; what the directions weigh is in B.
    """
    import numpy as np

    a = np.concatenate([a for a, _ in pairs])
    b = np.concatenate([b for _, b in pairs], axis=1) / len(pairs)
    left, from_b = np.linalg.qr(b)
    right, from_a = np.linalg.qr(a.T)
    u, values, v = np.linalg.svd(from_b @ from_a.T)
    length = float(np.sqrt(np.mean(np.sum(pairs[0][0] ** 2, axis=1)))) or 1.0
    u, v = left @ u[:, :rank], v[:rank] @ right.T
    missing = rank - len(v)
    mean = v * length, u * (values[:rank] / length)
    if missing > 0:
        mean = np.pad(mean[0], ((0, missing), (0, 0))), np.pad(mean[1], ((0, 0), (0, missing)))
    return mean, values


def _pairs(path: Path) -> "dict[str, Pair]":
    """By the tensors they belong to, B with the scale of its adapter in it. Raises ExportError."""

    tensors, alpha = tensors_of(path), float(fact_of(path, _ALPHA))
    rows = {name: rows_of(tensor) for name, tensor in tensors.items()}
    made: dict[str, Pair] = {}
    for name, a in rows.items():
        target, _, part = name.rpartition(".")
        b = rows.get(f"{target}.lora_b")
        if part == "lora_a" and b is not None:
            made[target] = a, b * (alpha / len(a))
    if 2 * len(made) != len(rows):
        raise ExportError(f"{path} holds other tensors than pairs of lora_a and lora_b")
    return made


def _check_alike(adapters: Sequence[Path], read: "Sequence[Mapping[str, Pair]]") -> None:
    """Raises ExportError where they are not over one base."""
    first = {name: (a.shape[1], len(b)) for name, (a, b) in read[0].items()}
    for path, each in zip(adapters, read, strict=True):
        if first != {name: (a.shape[1], len(b)) for name, (a, b) in each.items()}:
            raise ExportError(f"{path} is over another base than {adapters[0]}, or over other layers of it")
