"""Key to screen in the decisions panel, over a long log.

The program runs under a pseudo terminal over a log of that many events (a selection and an outcome each, of
about 1 KB). A key's way begins where it is sent and ends where what it changes was written to the terminal.
"""

import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from event_stores import decision
from measuring import ROOT, Terminal, own_folders, parser, program, report, spread, terminal

from training.events.base import Event
from training.events.decisions import AGGREGATE
from training.events.ids import new_event, outcome_id
from training.events.log import TinyEventLog

BATCH = 2000
ROUNDS = 40
DOWN, UP, PAGE_DOWN, HOME, ESCAPE = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[H", "\x1b"
LONG_S = 600.0


def fill(folder: Path, events: int) -> int:
    """A log of decisions, numbered; the number of the newest."""
    log = TinyEventLog(folder, sync="never")
    for first in range(0, events // 2, BATCH):
        numbers = range(first, min(first + BATCH, events // 2))
        log.ingest(list(chain.from_iterable(_ended(decision(number)) for number in numbers)))
    log.close()
    return events // 2 - 1


def _ended(selection: Event) -> tuple[Event, Event]:
    data = {"success": True, "result": "12 lines", "execution_time_ms": 12.5}
    ids = (selection.event_id, selection.correlation_id, outcome_id(selection.event_id))
    return selection, new_event("AGENT_TOOL_COMPLETED", selection.event_id, AGGREGATE, data, *ids)


class Panel:
    """The program, with the panel open."""

    def __init__(self, running: Terminal) -> None:
        self._running = running

    def press(self, keys: str, wanted: str, limit_s: float = 30.0) -> float:
        """Milliseconds from the keys to ``wanted`` on the screen."""
        return self._running.answer(keys, wanted, limit_s) * 1000

    def repeat(self, keys: Callable[[int], tuple[str, str]], times: int = ROUNDS) -> list[float]:
        """The same for pairs of keys and what they bring, with a pause between."""
        found = []
        for number in range(times):
            found.append(self.press(*keys(number)))
            self._running.read_for(0.05)
        return found

    def rest(self, seconds: float = 1.0) -> None:
        self._running.read_for(seconds)


def measure(panel: Panel, newest: int) -> tuple[list[dict[str, object]], dict[str, object]]:
    opened = panel.press("/decisions\r", f"module {newest} ")
    panel.rest()
    rows = [spread("Down", panel.repeat(lambda n: (DOWN, f"module {newest - 1 - n} ")))]
    panel.press(HOME, f"module {newest} ")
    panel.rest()
    pages = panel.repeat(lambda n: (PAGE_DOWN, "module "))
    rows.append(spread("PageDown, through pages as they are read", pages))
    panel.press("/", "Enter filters")
    panel.press("nothing is like it\r", "searching")
    panel.press("/", "Enter filters")
    rows.append(spread("a letter while the whole log is searched", panel.repeat(lambda n: ("Z", "Z"))))
    panel.press(ESCAPE, "searching")
    searched = panel.press("", "No decision matches", LONG_S)
    panel.press("/", "Enter filters")
    panel.press("\x15\r", "more below")
    first_chart = panel.press("2", "decisions by tool", LONG_S)
    charted = panel.press("", "w by week", LONG_S)
    panel.press("3", "cost_analysis")
    panel.press("p", "publishing agent_decision_history: ", LONG_S)
    keys = panel.repeat(lambda n: (DOWN, "Examples to teach") if n % 2 == 0 else (UP, "Every decision of"))
    rows.append(spread("a key while a product is published", keys))
    published = panel.press("", "published agent_decision_history", LONG_S)
    facts = {
        "open to the first decisions, ms": opened,
        "searched to the end for what is not there, s": searched / 1000,
        "first chart, ms": first_chart,
        "charts of all, s": charted / 1000,
        "decision history published, s after the keys": published / 1000,
    }
    return rows, facts


def main() -> None:
    sys.path.insert(0, str(ROOT))
    arguments = parser(__doc__ or "")
    arguments.add_argument("--events", type=int, default=1_000_000)
    given = arguments.parse_args()
    with own_folders() as (workspace, environment):
        data = Path(environment["APPRENTICE_DATA_DIR"])
        data.mkdir(parents=True)
        newest = fill(data / "events", given.events)
        with terminal(program(), environment, workspace) as running:
            running.wait_for("Apprentice")
            running.read_for(5.0)
            rows, facts = measure(Panel(running), newest)
            facts["memory of the interface at most, MB"] = running.peak_mb()
    report("decisions panel", rows, {"events": given.events, **facts}, given.json)


if __name__ == "__main__":
    main()
