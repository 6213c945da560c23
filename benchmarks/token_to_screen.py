"""How long a piece of an answer takes from the student to the terminal.

The program runs under a pseudo terminal with a scripted student that says numbered words at the pace of a
small model. A word's way begins where the student hands it on and ends where its text was written to the
terminal; both clocks are the machine's monotonic one.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from measuring import ROOT, SEQUENCE, own_folders, parser, report, spread, terminal

PACES_S = (0.012, 0.021, 0.034, 0.027, 0.018)
FRAMES_MS = {"one frame at 60 fps, ms": 1000 / 60, "one frame at 30 fps, ms": 1000 / 30}
SENTENCE = 12
_WORD = re.compile(rb"w(\d{5})")


def speak(workspace: Path, words: int, times: Path) -> None:
    """The program, with a student that notes when it says each word. Runs in the child."""
    from scripted import ReadingStudent

    from assistant.settings import load_settings
    from assistant.tui import app
    from assistant.tui.opening import Opening
    from assistant.wiring import build_chat

    said: list[str] = []

    async def pieces() -> AsyncIterator[str]:
        for number in range(words):
            await asyncio.sleep(PACES_S[number % len(PACES_S)])
            yield f"w{number:05}" + (".\n\n" if number % SENTENCE == SENTENCE - 1 else " ")
        times.write_text("\n".join(said), encoding="utf-8")

    def note(piece: str) -> None:
        said.append(f"{int(piece[1:6])} {time.perf_counter()}")

    settings = load_settings(workspace, flags={"sandbox.engine": "off"})
    chat = build_chat(settings, workspace, make=lambda _: ReadingStudent(pieces, calls=False, on_piece=note))
    opened = app.ApprenticeApp(lambda: chat, Opening(workspace, settings.mode, settings.student.model))
    asyncio.run(app._run(opened, mouse=True))


def listen(workspace: Path, environment: dict[str, str], words: int) -> list[float]:
    """Milliseconds of each word. Runs in the parent."""
    times = workspace.parent / "times"
    command = [sys.executable, __file__, "--speak", str(workspace), str(words), str(times)]
    seen: dict[int, float] = {}
    with terminal(command, environment, workspace) as running:
        running.wait_for("Apprentice")
        running.read_for(1.0)
        running.send("speak\r")
        while len(seen) < words:
            start = max(0, len(running.output) - 64)
            if not running.read(20.0):
                break
            now = time.perf_counter()
            for found in _WORD.findall(SEQUENCE.sub(b"", running.output[start:])):
                seen.setdefault(int(found), now)
        running.read_for(0.5)
    said = dict(line.split() for line in times.read_text(encoding="utf-8").splitlines())
    return [(seen[int(number)] - float(at)) * 1000 for number, at in said.items() if int(number) in seen]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["--speak"]:
        speak(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
        return
    arguments = parser(__doc__ or "")
    arguments.add_argument("--words", type=int, default=300)
    given = arguments.parse_args()
    with own_folders() as (workspace, environment):
        delays = listen(workspace, environment, given.words)
    facts = {"words": given.words, "words seen": len(delays), **FRAMES_MS}
    report("token to screen", [spread("student to terminal", delays)], facts, given.json)


if __name__ == "__main__":
    main()
