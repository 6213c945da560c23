"""What an export begins with: the folder of a run that ended.

Invariant: the base is the very file that the run was made on, and the examples are those that the run did
not learn from, as far as it held any back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from training.datasets.example import Example
from training.export.naming import ExportError
from training.finetune.order import Order
from training.finetune.outputs import ADAPTER_GGUF, PROMPT, RUN, WEIGHTS
from training.finetune.preparation import examples, readable
from training.jobs.base import JobError
from training.jobs.layout import OUTPUTS
from training.models.digest import sha256_of_file


@dataclass(frozen=True)
class Run:
    """A run's ``folder`` with its outputs, what was ordered, and ``facts``: all that ``run.json`` says."""

    folder: Path
    order: Order
    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        """That of the job."""
        return run_id(self.folder)

    @property
    def whole(self) -> bool:
        """Whether all weights were trained, so that there is no adapter."""
        return self.order.settings.method == "full"

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS["full" if self.whole else "lora"]

    @property
    def adapter_gguf(self) -> Path:
        return self.folder / ADAPTER_GGUF

    @property
    def prompt(self) -> Path:
        return self.folder / PROMPT

    def load_weights(self) -> dict[str, Any]:
        """What was trained, as arrays by the names that PEFT or transformers give them."""
        from safetensors.numpy import load_file

        try:
            return dict(load_file(self.weights))
        except (OSError, ValueError) as error:
            raise ExportError(f"{self.weights}: the weights cannot be read: {error}") from None

    def held_out(self) -> tuple[list[Example], bool]:
        """Examples to judge the export on, and whether the run left them out. Raises ExportError."""
        try:
            prompt = self.order.parsed_prompt()
            learned, held_out = (
                readable(each, prompt) for each in examples(self.order.files, self.order.settings)
            )
        except JobError as error:
            raise ExportError(str(error)) from None
        return (held_out, True) if held_out else (learned, False)


def run_id(folder: Path) -> str:
    """The job of a run's folder, or of its outputs."""
    return folder.parent.name if folder.name == OUTPUTS else folder.name


def read_run(folder: Path) -> Run:
    """The run in ``folder``, which is a job's or its outputs'. Raises ExportError."""
    outputs = folder / OUTPUTS if (folder / OUTPUTS).is_dir() else folder
    try:
        facts = orjson.loads((outputs / RUN).read_bytes())
        run = Run(outputs.absolute(), Order.model_validate(facts["order"]), facts)
    except FileNotFoundError:
        raise ExportError(f"{folder} holds no run that ended ({RUN} is missing); resume it first") from None
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ExportError(f"{outputs / RUN} cannot be read: {error}") from None
    _check_base(run)
    return run


def _check_base(run: Run) -> None:
    path = run.order.base_path
    known = run.order.digests.get(str(path))
    try:
        found = sha256_of_file(path)
    except OSError as error:
        raise ExportError(f"the base {path}: {error.strerror or error}; bring it back") from None
    if known != found:
        raise ExportError(f"{path} is not the base of this run any more; bring that one back, or train again")
