"""The keys at the lower edge of every panel: Esc is among them, however narrow the terminal is."""

import pytest

from assistant.tui.screens.arena import _HINT as ARENA
from assistant.tui.screens.curate import CurateScreen
from assistant.tui.screens.decisions import _HINTS as DECISIONS
from assistant.tui.screens.panel import PanelScreen, fitting
from assistant.tui.screens.teach import _HINT as TEACH
from assistant.tui.screens.train import TrainScreen
from tests.assistant.tui.driving import driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat

HINTS = [
    ARENA,
    TEACH,
    *DECISIONS.values(),
    *CurateScreen.HINTS.values(),
    *TrainScreen.HINTS.values(),
    "Enter use · d deploy · b roll back · t retire · r look again · Tab · Esc",
]


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("size", [(80, 24), (44, 14)])
async def test_esc_stays_in_the_footer(hint: str, size: tuple[int, int]) -> None:
    async with driving(FakeChat(), size=size) as pilot:
        panel: PanelScreen[None] = PanelScreen("Panel", hint)
        panel.add_class("wide")
        pilot.app.push_screen(panel)
        await until(pilot, lambda: "Panel" in shown(pilot))
        await until(pilot, lambda: "Esc" in shown(pilot).rstrip("\n").split("\n")[-1])


def test_keys_before_esc_give_way() -> None:
    hint = "Enter opens · g good · b bad · Esc closes"
    assert fitting(hint, 60) == hint
    assert fitting(hint, 36) == "Enter opens · g good · b bad · Esc"
    assert fitting(hint, 22) == "Enter opens · Esc"
    assert fitting(hint, 3) == "Esc"
    assert fitting("Enter opens · g good", 60) == "Enter opens · g good · Esc closes"
