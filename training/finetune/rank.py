"""One of the processes of a run that trains in several: ``python -m training.finetune.rank JOB PARENT``.

``together`` starts it. The leading one reports into the job; the others are silent.
"""

import sys
import threading
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson

from sandbox.clean_start import clean
from training.finetune.job import train
from training.finetune.order import Order
from training.finetune.ranks import Ranks
from training.finetune.together import RANKS, RESULT
from training.jobs.base import JobError, Reporter
from training.jobs.layout import read_spec
from training.jobs.reporting import JobReporter
from training.jobs.worker import end_with


class Silent:
    """A Reporter for those that do not lead."""

    resumed = False

    def __init__(self, folder: Path, arguments: Mapping[str, Any]) -> None:
        self.folder, self.arguments = folder, arguments

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None: ...

    def check(self) -> None: ...

    def metric(self, **values: float | str) -> None: ...

    def note(self, text: str) -> None: ...

    def output(self, name: str) -> AbstractContextManager[Path]:
        raise JobError("only the leading process writes outputs")


def main(folder: Path, parent: int) -> int:
    """The exit code is 0 done, 1 failed."""
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    arguments = dict(read_spec(folder)[0].arguments)
    asked = Order.model_validate(arguments)
    said, number = folder / RANKS, "?"
    try:
        ranks = Ranks.meet()
        number = str(ranks.number)
        reporter: Reporter = (
            JobReporter(folder, arguments, False) if ranks.leads else Silent(folder, arguments)
        )
        result = train(reporter, asked, ranks)
        if ranks.leads:
            (said / RESULT).write_bytes(orjson.dumps(result))
        _part()
    except Exception as error:  # noqa: BLE001 - the edge of the process: whatever it was ends the run
        traceback.print_exc()
        line = " ".join(str(error).split())[:500]
        (said / f"error-{number}").write_text(
            line if isinstance(error, JobError) else f"{type(error).__name__}: {line}", "utf-8"
        )
        return 1
    return 0


def _part() -> None:
    from torch import distributed

    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    clean()
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
