"""Where a run's batches come from: rendered as they are needed, or ahead, on another machine.

Invariant: the same source gives the same batches of an epoch, so that a run that is resumed meets them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.protocol.messages import Prompt
from training.finetune import batches
from training.finetune.batches import MicroBatch, Room, Sized
from training.finetune.rendered import Rendered
from training.finetune.rendering import rendered
from training.finetune.settings import FinetuneSettings
from training.finetune.tokens import Tokens


class Source(Protocol):
    """Batches are whatever ``render`` takes."""

    def steps(self, epoch: int) -> Sequence[Sequence[Any]]:
        """The micro-batches of each step of an epoch."""

    def validation(self) -> Sequence[Any]:
        """The batches to look at; none where nothing is held out."""

    def render(self, batch: Any) -> list[Rendered]: ...


@dataclass(frozen=True)
class Data:
    """Examples to learn from and to look at; no session is in both."""

    training: Sequence[Sized]
    validation: Sequence[Sized]


class ExampleSource:
    """Fulfils ``Source``: examples are rendered each time, with their tools in another order."""

    def __init__(self, data: Data, tokens: Tokens, prompt: Prompt, settings: FinetuneSettings) -> None:
        self._data, self._tokens, self._prompt, self._settings = data, tokens, prompt, settings

    def steps(self, epoch: int) -> list[list[MicroBatch]]:
        settings = self._settings
        return list(
            batches.steps(
                self._data.training,
                Room.of(settings),
                seed=settings.seed,
                epoch=epoch,
                shuffle_tools=settings.shuffle_tools,
            )
        )

    def validation(self) -> list[MicroBatch]:
        room = Room.of(self._settings)
        made = batches.steps(self._data.validation, room, seed=0, epoch=0, shuffle_tools=True)
        return [each for step in made for each in step]

    def render(self, batch: MicroBatch) -> list[Rendered]:
        pairs = zip(batch.examples, batch.tools, strict=True)
        return [rendered(self._tokens, self._prompt, example, tools) for example, tools in pairs]
