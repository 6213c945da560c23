"""What the first frame needs to know, kept from the last run: reading the settings comes behind that frame.

Invariant: a look is only a first guess; the settings correct it as soon as they are read, and a file that is
missing or damaged is the built-in look.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from assistant.tui.theme import DARK


@dataclass(frozen=True)
class Look:
    """Theme, whether the mouse is captured and the bell rings, and what the status line begins with."""

    theme: str = DARK.name
    mouse: bool = True
    ring: bool = True
    mode: str = "ask"
    student: str = "embedded"


def last_look(file: Path) -> Look:
    """The look that was kept in ``file``, as far as it can be read."""
    try:
        kept = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return Look()
    if not isinstance(kept, dict):
        return Look()
    known = {one.name: type(one.default) for one in fields(Look)}
    good: dict[str, Any] = {name: value for name, value in kept.items() if type(value) is known.get(name)}
    return Look(**good)


def keep_look(file: Path, look: Look) -> None:
    """Keep ``look`` for the next run; without effect where the file cannot be written."""
    if look == last_look(file):
        return
    try:
        file.write_text(json.dumps(asdict(look)), "utf-8")
    except OSError:
        return
