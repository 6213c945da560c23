"""The training loop.

Invariant: the same data, settings and seed give the same weights on the same machine, whether the run was
interrupted or not; a step of many micro-batches equals one of few. What is trained is kept in float32.
"""

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from training.finetune.checkpoints import Checkpoints, RunState, load_optimizer, load_weights, restore
from training.finetune.loss import loss, quickest
from training.finetune.model import trained
from training.finetune.ranks import Ranks
from training.finetune.settings import FinetuneSettings
from training.finetune.source import Source
from training.finetune.tensors import Tensors, tensors
from training.finetune.validation import validate
from training.jobs.base import JobError, Reporter

if TYPE_CHECKING:
    import torch


class Trainer:
    """One run, from its beginning or from its newest checkpoint."""

    def __init__(
        self,
        model: Any,
        source: Source,
        settings: FinetuneSettings,
        checkpoints: Checkpoints,
        reporter: Reporter,
        ranks: Ranks | None = None,
    ) -> None:
        import torch

        self._model, self._source, self._settings = model, source, settings
        self._validation = source.validation()
        self._checkpoints, self._reporter = checkpoints, reporter
        self._ranks = ranks or Ranks()
        self._weights = dict(trained(model))
        self._device = next(iter(self._weights.values())).device
        self._logits = quickest(self._device, sharded=settings.sharded)
        self._optimizer = torch.optim.AdamW(
            self._weights.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._state = RunState()
        self._per_epoch = self._count_steps()
        self.steps = settings.steps(self._per_epoch)

    def run(self) -> RunState:
        """Train to the end, or until nothing improves; the best weights are then in the model.

        Raises JobError, training.jobs.base.Cancelled.
        """
        self._resume()
        if not self.steps:
            self._look()
        while not self._is_over():
            epoch, done = divmod(self._state.step, self._per_epoch)
            for step in self._epoch(epoch)[done:]:
                self._step(step)
                self._pause()
                if self._is_over():
                    break
        if self._is_stuck():
            self._reporter.note(f"nothing improved in {self._settings.patience} looks: ended early")
        best = self._checkpoints.at(self._state.best_step) if self._ranks.leads else None
        if best is not None and self._settings.keep == "best":
            self._put(load_weights(best))
        return self._state

    def _resume(self) -> None:
        found = self._ranks.told(self._newest() if self._ranks.leads else None)
        if found is None:
            return
        self._state, weights, optimizer = found
        self._put(weights)
        restore(optimizer, self._optimizer)
        self._reporter.note(f"resumed at step {self._state.step} of {self.steps}")

    def _newest(self) -> tuple[RunState, dict[str, Any], dict[str, Any]] | None:
        found = self._checkpoints.newest()
        return found and (found[0], load_weights(found[1]), load_optimizer(found[1]))

    def _put(self, weights: dict[str, "torch.Tensor"]) -> None:
        import torch

        with torch.no_grad():
            for name, weight in weights.items():
                self._weights[name].copy_(weight)

    def _step(self, micro_batches: Sequence[Any]) -> None:
        started = time.perf_counter()
        given = [(self._tensors(each), counts) for each, counts in self._ranks.share(micro_batches)]
        mine = [each for each, counts in given if counts]
        weight, examples, ids = self._ranks.totals(
            self._device, sum(each.weight for each in mine), *map(float, _sizes(mine))
        )
        total = 0.0
        for each, counts in given:
            part = self._loss(each) * (counts / weight)
            part.backward()
            total += float(part.detach())
            self._reporter.check()
        self._ranks.sum_gradients(self._weights.values())
        (total,) = self._ranks.totals(self._device, total)
        if not math.isfinite(total):
            raise JobError(
                f"the loss is {total} at step {self._state.step + 1}; lower the learning rate, then resume"
            )
        self._update()
        self._state.step += 1
        self._tell(total, examples, ids, time.perf_counter() - started)

    def _loss(self, given: Tensors) -> "torch.Tensor":
        with self._precision():
            logits, labels = self._logits(self._model, given)
        settings = self._settings
        return loss(logits, labels, given.shares, settings.soft, settings.temperature, given.said)

    def _tensors(self, batch: Any) -> Tensors:
        settings = self._settings
        made = tensors(self._source.render(batch), settings.choice_weight, settings.text_weight)
        return made.to(self._device)

    def _precision(self) -> AbstractContextManager[None]:
        import torch

        enabled = self._settings.precision == "bfloat16"
        made: AbstractContextManager[None] = torch.autocast(
            self._device.type, dtype=torch.bfloat16, enabled=enabled
        )
        return made

    def _update(self) -> None:
        import torch

        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.learning_rate * rate(
                self._state.step, self.steps, self._settings.warmup
            )
        torch.nn.utils.clip_grad_norm_(self._weights.values(), self._settings.clip)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def _pause(self) -> None:
        """Look at the validation examples and write a checkpoint, where it is time to."""
        step, settings = self._state.step, self._settings
        is_last = step >= self.steps
        if step % settings.validate_every == 0 or is_last:
            self._look()
        elif step % settings.checkpoint_every:
            return
        if not self._ranks.leads:
            return
        try:
            self._checkpoints.save(self._state, self._weights, self._optimizer)
        except OSError as error:
            raise JobError(
                f"a checkpoint could not be written: {error.strerror or error}; make room, then resume: "
                "the one before is whole"
            ) from error

    def _look(self) -> None:
        # All look, as all compute together; what the leader saw is what decides.
        seen = validate(self._model, self._validation, self._source.render, self._precision)
        figures = self._ranks.told(seen)
        self._reporter.metric(step=self._state.step, **figures.shares())
        if figures.score > self._state.best or not self._validation:
            self._state.best, self._state.best_step = figures.score, self._state.step
            self._state.looks_without_gain = 0
        else:
            self._state.looks_without_gain += 1
        if self._validation and (not self._state.looks_without_gain or self._settings.keep == "last"):
            self._state.figures = figures.shares()

    def _is_over(self) -> bool:
        return self._state.step >= self.steps or self._is_stuck()

    def _is_stuck(self) -> bool:
        return self._state.looks_without_gain >= self._settings.patience

    def _tell(self, total: float, examples: float, ids: float, seconds: float) -> None:
        self._reporter.metric(
            step=self._state.step,
            loss=total,
            rate=self._optimizer.param_groups[0]["lr"],
            examples_per_s=examples / seconds,
            tokens_per_s=ids / seconds,
        )
        self._reporter.progress(self._state.step, self.steps, "steps")

    def _epoch(self, epoch: int) -> Sequence[Sequence[Any]]:
        return self._source.steps(epoch)[: self._per_epoch]

    def _count_steps(self) -> int:
        """The fewest steps that an epoch may have: how micro-batches fall into steps changes by epoch."""
        return min(
            len(self._source.steps(epoch)) for epoch in range(max(1, math.ceil(self._settings.epochs)))
        )


def _sizes(given: Sequence[Tensors]) -> tuple[int, int]:
    """Examples, and ids that are evaluated, without padding."""
    return sum(len(each.ids) for each in given), sum(each.evaluated for each in given)


def rate(step: int, steps: int, warmup: float) -> float:
    """The share of the peak rate at a step: a line up, then a cosine down to a tenth."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    share = (step - rising) / max(1, steps - rising)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
