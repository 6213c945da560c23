"""Checkpoints of a run: the trained weights and all that is needed to go on as if nothing had happened.

Invariant: a checkpoint is there whole or not at all (written beside, synced, renamed), and is proved by its
hashes before it is used; one that does not prove whole is passed over for the one before.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from training.durable import sync
from training.models.digest import sha256_of_file

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "optimizer.pt", "state.json"
_KEPT = 2


@dataclass
class RunState:
    """Where a run stands. ``best`` is the highest score at a look, reached at ``best_step``; ``figures`` are
    those of that look."""

    step: int = 0
    best: float = float("-inf")
    best_step: int = 0
    looks_without_gain: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


class Checkpoints:
    """Those below ``folder``: the newest few and the best."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: RunState, weights: Mapping[str, Any], optimizer: Any) -> Path:
        """Write one. Raises OSError, and then the ones before are as they were."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part, target = self.folder / ".part", self.folder / f"step-{state.step:07}"
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir()
            _write(part, weights, optimizer)
            state.hashes = {name: sha256_of_file(part / name) for name in (WEIGHTS, OPTIMIZER)}
            (part / STATE).write_bytes(orjson.dumps(state))
            for path in (*part.iterdir(), part):
                sync(path)
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
            sync(self.folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self._thin_out(state)
        return target

    def newest(self) -> tuple[RunState, Path] | None:
        """The newest that proves whole."""
        for path in reversed(self._all()):
            state = _proved(path)
            if state is not None:
                return state, path
        return None

    def at(self, step: int) -> Path | None:
        """That of one step, if it proves whole."""
        path = self.folder / f"step-{step:07}"
        return path if _proved(path) is not None else None

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def _thin_out(self, state: RunState) -> None:
        kept = {*self._all()[-_KEPT:], self.folder / f"step-{state.best_step:07}"}
        for path in self._all():
            if path not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _write(folder: Path, weights: Mapping[str, Any], optimizer: Any) -> None:
    """Raises OSError, also for what the libraries make of one."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    content = {"optimizer": optimizer.state_dict(), "random": torch.get_rng_state()}
    if torch.cuda.is_available():
        content["random_gpu"] = torch.cuda.get_rng_state_all()
    try:
        save_file({name: each.detach().contiguous() for name, each in weights.items()}, folder / WEIGHTS)
        torch.save(content, folder / OPTIMIZER)
    except (SafetensorError, RuntimeError) as error:
        raise OSError(" ".join(str(error).split())[:200]) from error


def load_weights(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(path / WEIGHTS))


def load_optimizer(path: Path) -> dict[str, Any]:
    """The state of the optimiser, and of torch's random numbers."""
    import torch

    return dict(torch.load(path / OPTIMIZER, weights_only=True))


def restore(content: dict[str, Any], optimizer: Any) -> None:
    """Of what ``load_optimizer`` gave."""
    import torch

    optimizer.load_state_dict(content["optimizer"])
    torch.set_rng_state(content["random"])
    if "random_gpu" in content and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(content["random_gpu"])


def _proved(path: Path) -> RunState | None:
    try:
        written = orjson.loads((path / STATE).read_bytes())
        if written["best"] is None:  # JSON has no infinity: there was no look before this checkpoint
            del written["best"]
        state = RunState(**written)
        whole = all(sha256_of_file(path / name) == state.hashes[name] for name in (WEIGHTS, OPTIMIZER))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return state if whole else None
