"""A trained student serves in the real engine, and gives way to another over the same loaded base."""

from pathlib import Path

import pytest

from assistant.agent.hosting import Hosting
from tests.training.registry.students import parts, sha256
from tests.training.student.tiny_adapter import write_adapter
from tools.protocol.messages import Conversation, Message
from training.registry import Base, Registered
from training.registry.serving import own_registry
from training.student.gguf import embedded_model
from training.student.local import LocalStudent
from training.student.settings import StudentSettings

pytestmark = [pytest.mark.gguf, pytest.mark.timeout(900), pytest.mark.usefixtures("nothing_shipped")]


def added(folder: Path, name: str, seed: int) -> Registered:
    base = Base(model="embedded", sha256=sha256(embedded_model()))
    given = parts(folder, name, base=base)
    assert given.adapter
    write_adapter(given.adapter, seed=seed, scale=0.5)
    return own_registry().add(given)


async def test_deploy_swap_and_roll_back_under_a_running_student(tmp_path: Path) -> None:
    one, two = added(tmp_path, "one", 1), added(tmp_path, "two", 2)
    hosting = Hosting(StudentSettings(context_tokens=1024, answer_tokens=16), LocalStudent)
    said, processes = [], set()
    try:
        for change in (None, one.id, two.id, "back"):
            if change == "back":
                own_registry().rollback()
            elif change:
                own_registry().deploy(change)
            await hosting.ready() if change is None else await hosting.swap(hosting.settings)
            talk = Conversation(hosting.prompt, (), (Message("user", "The capital of France is"),))
            written = await hosting.student.answer(talk, limit=8)
            said.append((hosting.info.adapter, written.text))
            assert isinstance(hosting.student, LocalStudent)
            processes.add(hosting.student.stats().restarts)
    finally:
        await hosting.close()
    assert [adapter for adapter, _ in said] == ["", one.id, two.id, one.id]
    assert said[1] == said[3]
    assert len({text for _, text in said}) == 3
    assert processes == {0}
