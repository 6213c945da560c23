"""What the command line and the panel of training share: from words to settings, and what a run will take."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from training.jobs.base import JobError

if TYPE_CHECKING:
    from training.finetune.estimate import Estimate
    from training.finetune.order import Order
    from training.finetune.settings import FinetuneSettings

ESTIMATE = "estimate.json"
"""In the folder of a run: what the person saw before it was started."""


def pairs(words: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` each. Raises JobError."""
    found = {}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair:
            raise JobError(f"{word}: give NAME=VALUE")
        found[name.replace("-", "_")] = value
    return found


def settings_of(wanted: Mapping[str, Any]) -> "FinetuneSettings":
    """Raises JobError naming the setting that is wrong."""
    from pydantic import ValidationError

    from training.finetune.settings import FinetuneSettings

    try:
        return FinetuneSettings.model_validate(dict(wanted))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        known = ", ".join(FinetuneSettings.model_fields)
        hint = f"; known: {known}" if first["type"] == "extra_forbidden" else ""
        raise JobError(f"{name}: {first['msg']}{hint}") from None


def estimated(asked: "Order") -> "Estimate":
    """What the run will take; the speed of this machine is measured for a moment.

    Raises JobError, ModelError.
    """
    from training.finetune.bases import header_of
    from training.finetune.estimate import estimate
    from training.finetune.probe import probe
    from training.student.engine import hush
    from training.student.vocabulary import Vocabulary, VocabularyError

    hush()
    try:
        tokens = Vocabulary.of(asked.base_path)
    except VocabularyError as error:
        raise JobError(str(error)) from None
    parameters = header_of(asked.base_path).parameters
    return estimate(asked, parameters, tokens, probe(asked.settings.threads, asked.settings.precision))
