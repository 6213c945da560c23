"""/decisions and /why over a real log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.plain.ink import Ink
from assistant.plain.markdown import render
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat
from training.events import EventLogError, open_log
from training.events.decisions import DecisionRecorder


class Place:
    def __init__(self, tmp_path: Path, *, panels: tuple[str, ...] = ()) -> None:
        folder = tmp_path / "project"
        folder.mkdir()
        self.log = open_log(tmp_path / "events")
        self.recorder = DecisionRecorder(self.log, "session-1")
        self.chat: Any = FakeChat(folder, log=self.log)
        self.interface = Recorder(panels=panels)
        self.context = CommandContext(self.chat, self.interface)

    def decide(self, command: str, **changes: Any) -> Any:
        facts: dict[str, Any] = {
            "context": {"request": "list | the files"},
            "tools_available": [{"name": "read_file"}, {"name": "run_shell"}],
            "tool_selected": "run_shell",
            "tool_parameters": {"command": command},
            "reasoning": "I need a list",
            "confidence": 0.81,
            "model": "SmolLM2-135M-Instruct",
            "latency_ms": 1234.4,
            "alternatives": [("read_file", 0.12), ("answer", 0.07)],
        }
        selection = self.recorder.selected(**{**facts, **changes})
        self.chat.last_decision = selection.event_id
        return selection

    async def run(self, line: str) -> str:
        assert await registry.dispatch(self.context, line)
        return self.interface.shown[-1] if self.interface.shown else ""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.log.close()


async def test_decisions_without_any_say_what_will_be_here(place: Place) -> None:
    assert "No decisions yet" in await place.run("/decisions")


async def test_decisions_show_call_confidence_outcome_and_label_newest_first(place: Place) -> None:
    ran = place.decide("ls")
    place.recorder.completed(ran, success=True, result="a.py", execution_time_ms=1500.0)
    failed = place.decide("lz", confidence=None)
    place.recorder.completed(failed, success=False, result="not found", execution_time_ms=3.0)
    refused = place.decide("rm x")
    place.recorder.reviewed(refused, verdict="refused", reason="too much")
    place.decide("sleep 9")
    rows = (await place.run("/decisions")).split("\n")[2:]
    cells = [[cell.strip() for cell in row.split("|")[2:-1]] for row in rows]
    assert cells == [
        ['`run_shell(command="sleep 9")`', "81%", "unknown", ""],
        ['`run_shell(command="rm x")`', "81%", "not run", "said -0.9"],
        ['`run_shell(command="lz")`', "", "**failed** 3 ms", ""],
        ['`run_shell(command="ls")`', "81%", "ok 1,500 ms", ""],
    ]


async def test_decisions_fit_a_terminal_of_80_columns(place: Place) -> None:
    selection = place.decide("x" * 200)
    place.recorder.completed(selection, success=False, result="", execution_time_ms=9999.0)
    place.recorder.reviewed(selection, verdict="refused")
    text = render(await place.run("/decisions"), Ink(False))
    assert max(map(len, text.split("\n"))) <= 80


async def test_decisions_takes_how_many(place: Place) -> None:
    for number in range(4):
        place.decide(f"echo {number}")
    text = await place.run("/decisions 2")
    assert "echo 3" in text and "echo 2" in text
    assert "echo 1" not in text


@pytest.mark.parametrize("argument", ["0", "-1", "many", "501", "1.5", "²"])
async def test_decisions_refuses_what_is_no_count(place: Place, argument: str) -> None:
    await place.run(f"/decisions {argument}")
    assert place.interface.errors == [f"/decisions takes a number from 1 to 500, not {argument}"]


async def test_panels_take_the_place_of_the_text(tmp_path: Path) -> None:
    place = Place(tmp_path, panels=("decisions", "why"))
    place.decide("ls")
    await place.run("/decisions")
    await place.run("/why")
    assert place.interface.opened == ["decisions", "why"]
    await place.run("/decisions 5")
    assert len(place.interface.shown) == 1
    place.log.close()


async def test_why_before_any_decision(place: Place) -> None:
    await place.run("/why")
    assert place.interface.said == [("warning", "nothing decided yet: ask something first")]


async def test_why_shows_the_record(place: Place) -> None:
    selection = place.decide("ls")
    place.recorder.completed(selection, success=True, result="a.py\nb.py", execution_time_ms=3.0)
    place.recorder.reviewed(
        selection, verdict="corrected", corrected_parameters={"command": "ls -a"}, reason="hidden too"
    )
    text = await place.run("/why")
    for row in (
        r"| request | list \| the files |",
        '| chosen | `run_shell(command="ls")` |',
        "| confidence | 81% |",
        "| alternatives | `read_file` 12%, `answer` 7% |",
        "| offered | `read_file`, `run_shell` |",
        "| student | `SmolLM2-135M-Instruct`, 1,234 ms |",
        "| outcome | ok |",
        '| review | corrected to `run_shell(command="ls -a")` because hidden too |',
    ):
        assert row in text.split("\n")
    assert selection.event_id in text
    assert "```\nI need a list\n```" in text
    assert "```\na.py\nb.py\n```" in text


async def test_I16_why_of_a_decision_without_outcome_is_unknown(place: Place) -> None:
    place.decide("ls", reasoning="", alternatives=())
    text = await place.run("/why")
    assert "| outcome | unknown |" in text
    assert "alternatives" not in text
    assert "review" not in text


async def test_why_of_a_decision_that_the_log_lost_is_one_line(place: Place) -> None:
    place.chat.last_decision = "0190-gone"
    await place.run("/why")
    assert place.interface.errors == ["the log holds no decision 0190-gone; see /decisions"]


async def test_log_that_cannot_be_read_is_one_line(place: Place) -> None:
    class Broken:
        def read(self, **options: Any) -> Any:
            raise EventLogError("events: no permission; chmod 700 it")

    place.chat.log = Broken()
    await place.run("/decisions")
    assert place.interface.errors == ["events: no permission; chmod 700 it"]


async def test_E2_recorded_text_cannot_become_markup(place: Place) -> None:
    place.decide("echo `x` | **y** \n```\n# z", reasoning="```\n# forged heading\n\x1b[2J")
    text = await place.run("/why")
    assert "\x1b" not in text
    assert "````\n```\n# forged heading" in text
    chosen = next(row for row in text.split("\n") if row.startswith("| chosen"))
    assert chosen.startswith("| chosen | ````run_shell(")
    assert chosen.endswith("```` |")


def followed(place: Place, request: str = "run the tests") -> str:
    """A correction, and a decision that followed it, which is the last one; the id of the first."""
    corrected = place.decide("pytest", context={"request": request, "workspace": "/work"})
    place.recorder.reviewed(
        corrected,
        verdict="corrected",
        corrected_tool="run_shell",
        corrected_parameters={"command": "make check"},
    )
    seen = {
        "id": corrected.event_id,
        "at": "2025-11-03T12:00:00+00:00",
        "request": request,
        "workspace": "/work",
    }
    context = {"request": "execute the tests", "workspace": "/work", "correction": seen}
    selection = place.decide("make check", context=context)
    outcome = place.recorder.completed(selection, success=True, result="ok")
    said = place.decide("", tool_selected="answer", causation_id=outcome.event_id)
    place.chat.last_decision = said.event_id
    return corrected.event_id


async def test_why_says_what_was_corrected_and_when_also_at_the_end_of_the_turn(place: Place) -> None:
    followed(place)
    text = await place.run("/why")
    assert "| because | you corrected this on 3 November 2025 in /work: run the tests |" in text.split("\n")


async def test_why_forgets_and_widens_and_takes_both_back(place: Place) -> None:
    correction = followed(place)
    for line, said in (
        ("/why forget", "“run the tests”: forgotten: the student decides such requests by itself again"),
        ("/why forget", "“run the tests”: it counts again"),
        ("/why widen", "“run the tests”: it counts in all projects"),
        ("/why widen", "“run the tests”: it counts in its own project alone"),
    ):
        await place.run(line)
        assert place.interface.said[-1] == ("information", said)
    changes = place.log.read(aggregate_id=correction, event_type="CORRECTION_CHANGED")
    assert [one.data["change"] for one in changes] == ["forgotten", "remembered", "widened", "narrowed"]


async def test_why_has_nothing_to_forget_where_nothing_was_corrected(place: Place) -> None:
    place.decide("ls")
    await place.run("/why forget")
    assert "no correction belongs to" in place.interface.errors[-1]
    await place.run("/why not")
    assert place.interface.errors[-1] == "/why takes forget or widen, not not"
