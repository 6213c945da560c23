"""A bench with a scripted student, for tests of evaluations that need the whole assistant."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.evaluation.bench import ChatBench, chat_bench
from assistant.settings import load_settings
from tools.calls import ToolCall
from tools.protocol.messages import Conversation
from training.evaluation.tasks import Solution, Task
from training.student.base import Decision, Student
from training.student.scripted import ScriptedStudent, answer


def doing(tasks: Sequence[Task], ways: Mapping[str, Solution] | None = None) -> ScriptedStudent:
    """A student that does each task by its solution, or in the way given for its id."""
    known = {task.request: (ways or {}).get(task.id, task.solution) for task in tasks}

    def decide(conversation: Conversation) -> Decision:
        turns = conversation.messages
        asked = max(index for index, one in enumerate(turns) if one.role == "user")
        way = known[turns[asked].text]
        done = sum(one.role == "tool" for one in turns[asked:])
        if done < len(way.calls):
            one = way.calls[done]
            return Decision(calls=(ToolCall("", one.tool, one.arguments),))
        return answer(way.answer)

    return ScriptedStudent(decide)


@asynccontextmanager
async def bench_of(
    folder: Path, make: Callable[[], Student], seconds: float = 60, **flags: object
) -> AsyncIterator[ChatBench]:
    """A bench in ``folder``; flags are settings with ``__`` for the dot."""
    folder.mkdir()
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    settings = load_settings(folder, flags={"student.model": "scripted.gguf"} | dotted)
    async with chat_bench(settings, folder, seconds, make=lambda _: make()) as bench:
        yield bench
