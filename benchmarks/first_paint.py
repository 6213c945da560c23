"""How long until the program's first frame is drawn, against the smallest Textual application.

Both are started in turn under the same pseudo terminal; the first frame is there when its text has been
written to the terminal. ``python -c pass`` is the interpreter alone. The first run of each is not counted.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from measuring import ROOT, own_folders, parser, program, report, spread, terminal

MINIMAL = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("a first frame")

Minimal().run()
"""
TARGET_RATIO = 1.6
SETTLE_S = 0.3


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("-n", "--runs", type=int, default=15)
    given = arguments.parse_args()
    with own_folders() as (workspace, environment):

        def drawn(command: list[str], text: str) -> float:
            with terminal(command, environment, workspace) as running:
                elapsed = running.wait_for(text)
            time.sleep(SETTLE_S)
            return elapsed * 1000

        def bare() -> float:
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", "pass"], check=True, env=environment, cwd=ROOT)
            return (time.perf_counter() - started) * 1000

        peers: dict[str, Callable[[], float]] = {
            "apprentice": lambda: drawn(program(), "Apprentice"),
            "minimal Textual app": lambda: drawn([sys.executable, "-c", MINIMAL], "a first frame"),
            "python -c pass": bare,
        }
        times: dict[str, list[float]] = {name: [] for name in peers}
        for turn in range(given.runs + 1):
            for name, measure in peers.items():
                elapsed = measure()
                if turn:
                    times[name].append(elapsed)
    ours, minimal = (statistics.median(times[name]) for name in list(peers)[:2])
    facts = {"ratio to the minimal app": ours / minimal, "target ratio": TARGET_RATIO}
    report("first paint", [spread(name, values) for name, values in times.items()], facts, given.json)


if __name__ == "__main__":
    main()
