"""What a curation has done so far, in its job's folder: the decisions as they were read, and each stage.

Invariant: a curation that is resumed works on the decisions that it began with, whatever the log holds by
now; a stage that is there was whole.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from training.curation.stages import Made, Row
from training.jobs.layout import replace

ROWS = "decisions.jsonl"
STAGES = "stages"


class Checkpoints:
    """In ``folder``. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, read: Callable[[], Iterable[Row]]) -> list[Row]:
        """Those that were read before, or those that ``read`` gives now."""
        path = self._folder / ROWS
        if not path.exists():
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                file.writelines(orjson.dumps(row) + b"\n" for row in read())
            part.rename(path)
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]

    def stage(self, name: str, rows: Sequence[Row], make: Callable[[], Made]) -> Made:
        """What the stage made of ``rows`` before, or what ``make`` gives now."""
        path = self._folder / STAGES / f"{name}.json"
        if path.exists():
            known: dict[str, Any] = orjson.loads(path.read_bytes())
            chosen = set(known["kept"])
            return Made([row for row in rows if row["event_id"] in chosen], known["dropped"], known["facts"])
        made = make()
        document = {
            "kept": [row["event_id"] for row in made.kept],
            "dropped": list(made.dropped),
            "facts": dict(made.facts),
        }
        path.parent.mkdir(mode=0o700, exist_ok=True)
        replace(path, orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY))
        return made
