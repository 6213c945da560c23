"""Draws the picture of the README: ``python docs/make_screenshot.py`` writes ``docs/chat.svg``.

Nothing in it is made up: the installed student answers in a small repository, in the sandbox, with the
settings that the program comes with. Whatever it does is drawn.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "chat.svg"
SIZE = (100, 51)
QUESTION = "where is parse_config defined?"
RUN = "run the tests"
WRITE = "in config.py change INTERVAL = 60 to INTERVAL = 30"
FILES = {
    "README.md": "# Greenhouse\n\nReads the sensors of a greenhouse and waters the beds.\n",
    "config.py": '"""Settings of the greenhouse."""\n\nINTERVAL = 60\n\n\n'
    'def parse_config(path):\n    """Read the settings from a file."""\n'
    '    return dict(line.strip().split("=") for line in open(path))\n',
    "tests/__init__.py": "",
    "tests/test_config.py": "import unittest\n\nfrom config import INTERVAL\n\n\n"
    "class TestConfig(unittest.TestCase):\n    def test_interval(self):\n"
    "        self.assertGreater(INTERVAL, 0)\n",
}


async def draw(workspace: Path) -> str:
    """The chat after a question and a run that was approved, with ``WRITE`` waiting for the user."""
    from assistant.commands import registry
    from assistant.settings import load_settings
    from assistant.wiring import build_chat
    from tests.assistant.tui.driving import application, ask, asked, screen_of, send, until

    chat = build_chat(load_settings(workspace, environ={}), workspace)
    app = application(chat, commands=registry)  # type: ignore[arg-type]

    def is_ready() -> bool:
        return "starting" not in (chat.status().student_state, chat.status().sandbox_state)

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: screen_of(pilot).query("#prompt"))
        await until(pilot, is_ready)
        await ask(pilot, QUESTION)
        await send(pilot, RUN)
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: not screen_of(pilot).busy)
        await send(pilot, WRITE)
        await asked(pilot)
        return app.export_screenshot(title="Apprentice")


def prepared(home: Path) -> Path:
    """A home of its own with the repository in it, so that nothing of this machine is in the picture."""
    os.environ["HOME"] = str(home)
    for name in [name for name in os.environ if name.startswith(("XDG_", "APPRENTICE_"))]:
        del os.environ[name]
    workspace = home / "greenhouse"
    for name, content in FILES.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(content, encoding="utf-8")
    git = ["git", "-C", str(workspace), "-c", "user.name=you", "-c", "user.email=you@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run([*git, *arguments], check=True)
    return workspace


def without_fonts(picture: str) -> str:
    """The picture asks nobody for a font: the reader's own monospace one is used."""
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as home:
        picture = asyncio.run(draw(prepared(Path(home).resolve())))
    TARGET.write_text(without_fonts(picture) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
