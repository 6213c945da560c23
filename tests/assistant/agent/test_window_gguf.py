"""The window of the embedded student: counted as it counts, compacted with its prefix kept."""

from pathlib import Path

import pytest

from assistant.agent.steps import Answer, Notice, Step
from assistant.settings import load_settings
from assistant.wiring import build_chat
from tests.assistant.agent.conftest import take
from tests.assistant.agent.talk import answered, asked, called, observed

pytestmark = [pytest.mark.gguf, pytest.mark.timeout(900)]

FLAGS = {"sandbox.engine": "off", "mode": "plan", "student.context_tokens": 2048, "tools.selection": "all"}


async def test_G11_a_small_window_is_compacted_and_the_prefix_stays_in_the_cache(workspace: Path) -> None:
    chat = build_chat(load_settings(workspace, flags=FLAGS, environ={}), workspace)
    await chat.start()
    prefix = (await chat.context_use()).used
    for number in range(6):
        chat.session.append(asked(f"what does module_{number}.py hold?"))
        chat.session.append(called(f"c{number}", "read_file", path=f"module_{number}.py"))
        chat.session.append(observed(f"c{number}", "read_file", "def load(path):\n    return 1\n" * 20))
        chat.session.append(answered(f"module_{number}.py holds load."))
    steps: list[Step] = await take(chat, "hi there")
    said = [step.text for step in steps if isinstance(step, Notice)]
    assert any(line.startswith("compacted: ") for line in said)
    answer = steps[-1]
    assert isinstance(answer, Answer)
    assert prefix * 0.95 < answer.last.cached_tokens
    assert answer.last.prompt_tokens == pytest.approx(chat._talk.context.used, rel=0.05)
    assert answer.last.prompt_tokens < 2048 - 512
    await chat.close()
