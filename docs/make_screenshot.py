"""Draws the picture of the README: ``python docs/make_screenshot.py`` writes ``docs/chat.svg``.

The conversation is the one of the snapshot tests, so the picture shows the program as it is tested.
"""

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "chat.svg"
SIZE = (100, 54)


async def draw() -> str:
    """The chat after one turn, with a second one waiting for the person."""
    from tests.assistant.tui import scenes
    from tests.assistant.tui.driving import ask, asked, driving, send
    from tests.assistant.tui.fake_chat import FakeChat

    chat = FakeChat(scenes.search(), scenes.write())
    async with driving(chat, size=SIZE) as pilot:
        await ask(pilot, scenes.QUESTION)
        await send(pilot, "type its argument, please")
        await asked(pilot)
        return pilot.app.export_screenshot(title="Apprentice")


def without_fonts(picture: str) -> str:
    """The picture asks nobody for a font: the reader's own monospace one is used."""
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    TARGET.write_text(without_fonts(asyncio.run(draw())) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
