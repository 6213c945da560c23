"""What is kept and shown: the theme, marks of earlier calls, changes, jobs, the first request."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant import paths
from assistant.agent.marks import Mark
from assistant.job_text import running_line
from assistant.settings import load_settings
from assistant.tui.app import _keep_theme
from assistant.tui.look import Look, keep_look, last_look
from assistant.tui.status_text import status_content
from assistant.tui.theme import LIGHT
from tests.assistant.tui.driving import ask, driving, screen_of, shown, started, until
from tests.assistant.tui.fake_chat import READY, FakeChat
from tests.training.jobs.still import StillJobs
from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.jobs.base import JobSpec


async def test_a_theme_that_was_chosen_is_kept() -> None:
    kept: list[str] = []
    async with driving(FakeChat(), keep_theme=kept.append) as pilot:
        pilot.app.take_look(Look(theme="apprentice-ansi"))  # type: ignore[attr-defined]
        await pilot.pause()
        assert kept == [], "what the settings say was not chosen"
        pilot.app.theme = LIGHT.name
        await until(pilot, lambda: kept == [LIGHT.name])


def test_a_kept_theme_is_there_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    keep_look(paths.look_file(), Look(mode="plan"))
    _keep_theme(LIGHT.name)
    assert load_settings(tmp_path, environ={}).interface.theme == LIGHT.name
    assert last_look(paths.look_file()) == Look(theme=LIGHT.name, mode="plan")


def earlier(*calls: ToolCall, failed: bool = False) -> FakeChat:
    chat = FakeChat()
    chat.session.messages = [
        Message("user", "go"),
        Message("assistant", calls=calls),
        *(Message("tool", "out", call_id=one.id, tool=one.tool, failed=failed) for one in calls),
        Message("assistant", "Done."),
    ]
    return chat


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        (Mark(0.93, True, 12.0), ("93%", "✓ 12 ms")),
        (Mark(0.41, True, 0.0, "good"), ("41%", "✓", "good")),
        (Mark(0.5, True, 0.0, "bad"), ("bad",)),
        (Mark(0.5, False, 0.0, "refused"), ("⊘ refused",)),
    ],
)
async def test_a_session_that_is_gone_on_with_shows_what_is_known_of_its_calls(
    mark: Mark, says: tuple[str, ...]
) -> None:
    chat = earlier(ToolCall("a", "run_shell", {"command": "ls"}), failed=mark.success is False)
    chat.marked = {(1, "run_shell"): [mark]}
    async with driving(chat) as pilot:
        await until(pilot, lambda: all(one in shown(pilot) for one in says))


async def test_without_a_log_the_session_itself_says_what_failed() -> None:
    async with driving(earlier(ToolCall("a", "run_shell", {"command": "ls"}), failed=True)) as pilot:
        await until(pilot, lambda: "✗" in shown(pilot))


async def test_what_was_taken_back_is_a_quiet_line_when_it_is_shown_again() -> None:
    chat = earlier(ToolCall("a", "read_file", {"path": "x"}))
    chat.session.messages.append(Message("user", "I took back 1 file: x", tool="undo"))
    async with driving(chat) as pilot:
        await until(pilot, lambda: "· I took back 1 file: x" in shown(pilot))


async def test_changes_of_mode_and_student_leave_a_line() -> None:
    chat = FakeChat()
    async with driving(chat, size=(80, 24)) as pilot:
        await started(pilot)
        await pilot.press("shift+tab")
        await ask(pilot, "hello")
        assert "· mode" not in shown(pilot), "the empty chat says the mode itself"
        await pilot.press("shift+tab", "shift+tab")
        await until(pilot, lambda: "· mode plan: read only" in shown(pilot))
        assert shown(pilot).count("· mode") == 1, "one mode after the other is one line"
        chat.set_status(student="qwen.gguf")
        screen_of(pilot).refresh_status()
        await until(pilot, lambda: "· the student is qwen" in shown(pilot))
        screen_of(pilot).interface.note("took back 1 file: a.py")
        await until(pilot, lambda: "· took back 1 file: a.py" in shown(pilot))


async def test_the_first_request_is_sent_as_soon_as_the_chat_is_open() -> None:
    chat = FakeChat()
    async with driving(chat, request="fix the bug") as pilot:
        await until(pilot, lambda: chat.requests == ["fix the bug"])


async def test_running_jobs_stand_in_the_status_line(tmp_path: Path) -> None:
    jobs = StillJobs(tmp_path / "jobs")
    assert running_line(jobs.all()) == ""
    job = jobs.submit(JobSpec("finetune", "x", "m:f", {}))
    jobs.tell(job, "started")
    jobs.tell(job, "progress", done=3, total=4)
    assert running_line(jobs.all()) == "finetune 75%"
    (running,) = jobs.all()
    assert running_line([running, replace(running, id="other")]) == "2 jobs"
    assert "finetune 75%" in status_content(READY, 80, "finetune 75%").plain
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen_of(pilot).show_jobs("finetune 75%")
        await until(pilot, lambda: "finetune 75%" in shown(pilot))
        screen_of(pilot).refresh_status()
        await pilot.pause()
        assert "finetune 75%" in shown(pilot)
        screen_of(pilot).show_jobs("")
        await until(pilot, lambda: "finetune" not in shown(pilot))
