"""How much memory the full-screen program holds over a conversation of 10,000 messages.

The application runs headless in this process with its real session files and its real log; only the student
is scripted. A turn is four messages: the request, a call, its result, and an answer in Markdown.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from measuring import ROOT, own_folders, parser, report

ANSWER = """It is in `hello.py`:

```python
def greet(name: str) -> str:
    return f"hello {name}"
```

- one function, **no** imports
- called from `main`, see the file's last line
"""
TARGET_GROWTH_PERCENT = 10.0
TURN_LIMIT_S = 30.0
TURN_MESSAGES = 4


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def pieces() -> AsyncIterator[str]:
    """The answer, line by line."""
    for line in ANSWER.splitlines(keepends=True):
        await asyncio.sleep(0)
        yield line


async def end_of_turn(chat: Any, screen: Any, messages: int) -> None:
    """Wait until the session holds ``messages`` and the screen is at rest; look every 2 ms."""
    while len(chat.session.messages) < messages or screen.busy:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.002)


async def converse(workspace: Path, messages: int, every: int) -> list[dict[str, Any]]:
    """Talk until there are ``messages``; a row each ``every``."""
    from scripted import ReadingStudent

    from assistant.settings import load_settings
    from assistant.tui.app import ApprenticeApp
    from assistant.tui.messages import Submitted
    from assistant.tui.opening import Opening
    from assistant.tui.screens.chat import ChatScreen
    from assistant.wiring import build_chat

    settings = load_settings(workspace, flags={"sandbox.engine": "off"})
    chat = build_chat(settings, workspace, make=lambda _: ReadingStudent(pieces, calls=True))
    app = ApprenticeApp(lambda: chat, Opening(workspace, settings.mode, settings.student.model))
    rows: list[dict[str, Any]] = []
    started = time.perf_counter()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        due = every
        while len(chat.session.messages) < messages:
            before = len(chat.session.messages)
            screen.post_message(Submitted(f"where is greeting {before} defined?"))
            async with asyncio.timeout(TURN_LIMIT_S):
                await end_of_turn(chat, screen, before + TURN_MESSAGES)
            if len(chat.session.messages) >= due:
                await pilot.pause()
                rows.append(
                    {
                        "messages": due,
                        "resident MB": resident_mb(),
                        "widgets": len(screen.query("*")),
                        "elapsed s": time.perf_counter() - started,
                    }
                )
                print(f"{due} messages: {rows[-1]['resident MB']:.1f} MB", file=sys.stderr, flush=True)
                due += every
    await chat.close()
    return rows


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--messages", type=int, default=10_000)
    arguments.add_argument("--every", type=int, default=1000)
    given = arguments.parse_args()
    sys.path.insert(0, str(ROOT))
    with own_folders() as (workspace, environment):
        os.environ.update(environment)
        rows = asyncio.run(converse(workspace, given.messages, given.every))
    middle, last = rows[(len(rows) - 1) // 2]["resident MB"], rows[-1]["resident MB"]
    facts = {
        "growth of the last half, percent": (last / middle - 1) * 100,
        "target percent": TARGET_GROWTH_PERCENT,
    }
    report("memory", rows, facts, given.json)


if __name__ == "__main__":
    main()
