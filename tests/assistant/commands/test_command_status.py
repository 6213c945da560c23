"""/status on the student's process."""

from pathlib import Path

from assistant.commands import registry
from tests.assistant.commands.test_command_about import made
from training.student.base import Stats


async def test_status_tells_what_the_student_did_and_takes(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.student_stats = Stats(
        requests=1200,
        prompt_tokens=1000,
        cached_tokens=900,
        completion_tokens=50,
        prefill_tokens_per_s=412.3,
        decode_tokens_per_s=118.6,
        memory_bytes=423_000_000,
        states_bytes=24_700_000,
        restarts=1,
        notices=("a prompt's state | was removed",),
    )
    await registry.dispatch(context, "/status")
    [text] = interface.shown
    assert "| prompt from cache | 50% of the last, 90% of all 1,200 |" in text
    assert "| speed | reads 412 tokens/s, writes 119 tokens/s |" in text
    assert "| memory | 423 MB, 25 MB of it saved prompts |" in text
    assert "| restarts | 1 after its process died |" in text
    assert r"| student | a prompt's state \| was removed |" in text
