"""Trained students, ruled from the chat: what is refused, what is forced, and that the chat follows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings, load_settings
from assistant.student_desk import Refusal, StudentDesk
from tests.training.registry.students import parts, sha256
from training.events import open_log
from training.events.base import EventLog
from training.registry import Base, Registered, Registry
from training.registry.comparisons import keep
from training.registry.promotion import Outcome, Promotion
from training.registry.serving import own_registry
from training.student.base import StudentError

pytestmark = pytest.mark.usefixtures("nothing_shipped")
Add = Callable[[str], Registered]


class Chat:
    """Remembers which students it was given."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.models: list[str] = []
        self.problem = ""

    async def use_model(self, model: str) -> None:
        if self.problem:
            raise StudentError(self.problem)
        self.models.append(model)


@pytest.fixture
def chat() -> Iterator[Chat]:
    log = open_log()
    yield Chat(log)
    log.close()


@pytest.fixture
def registry() -> Registry:
    return own_registry()


@pytest.fixture
def add(registry: Registry, tmp_path: Path) -> Add:
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF" + b"\0" * 80)
    below = Base(model=str(base), sha256=sha256(base), name="Base", license="mit")
    return lambda name: registry.add(parts(tmp_path / "from", name, base=below))


@pytest.fixture
def desk(chat: Chat, registry: Registry, tmp_path: Path) -> StudentDesk:
    def load() -> Settings:
        return load_settings(tmp_path)

    return StudentDesk(chat, registry, load)


def judged(registry: Registry, candidate: str, other: str, outcome: Outcome = "better") -> None:
    keep(registry, candidate, other, Promotion(outcome, f"{outcome}: as measured", (), None), "cases.jsonl")


async def test_what_is_not_better_is_refused_and_said(
    desk: StudentDesk, chat: Chat, registry: Registry, add: Add
) -> None:
    one = add("one")
    with pytest.raises(Refusal, match="was not compared with what serves now"):
        await desk.deploy(one.id)
    judged(registry, one.id, "base", "unclear")
    with pytest.raises(Refusal, match="is unclear: as measured"):
        await desk.deploy(one.id)
    assert chat.models == [] and registry.deployed() is None


async def test_what_is_better_serves_in_the_chat_and_in_the_log_and_back_again(
    desk: StudentDesk, chat: Chat, registry: Registry, add: Add
) -> None:
    one, two = add("one"), add("two")
    judged(registry, one.id, "base")
    assert await desk.deploy(one.id) == f"now serves: {one.id} (one)"
    assert await desk.deploy(two.id, forced=True) == f"now serves: {two.id} (two)"
    assert await desk.roll_back() == f"now serves: {one.id} (one)"
    assert await desk.roll_back() == "now serves: the base without a trained student"
    assert chat.models == [one.id, two.id, one.id, "embedded"]
    told = [event.data for event in chat.log.read() if event.event_type == "MODEL_DEPLOYED"]
    assert [(data["action"], data["forced"]) for data in told] == [
        ("deployed", False),
        ("deployed", True),
        ("rolled back", False),
        ("rolled back", False),
    ]


async def test_a_chat_that_cannot_take_it_goes_on_and_says_so(
    desk: StudentDesk, chat: Chat, registry: Registry, add: Add
) -> None:
    one = add("one")
    chat.problem = "a turn is under way"
    said = await desk.deploy(one.id, forced=True)
    assert said.endswith("this chat goes on with the student it has: a turn is under way")
    assert registry.deployments().current == one.id


async def test_a_candidate_is_retired_and_what_serves_gives_way(
    desk: StudentDesk, chat: Chat, registry: Registry, add: Add
) -> None:
    one, two = add("one"), add("two")
    await desk.deploy(one.id, forced=True)
    assert await desk.retire(two.id) == f"{two.id} (two) is retired"
    assert await desk.retire(one.id) == "now serves: the base without a trained student"
    assert {student.state for student in registry.all()} == {"retired"} and chat.models[-1] == "embedded"
