"""States of prompts with the real model: what they spare, that they change nothing, what they survive."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.training.student.conftest import talk
from tools.protocol.messages import Conversation, Message, Prompt
from training.student.base import StudentDied
from training.student.engine import Engine
from training.student.gguf import embedded_model
from training.student.local import LocalStudent
from training.student.settings import StudentSettings

pytestmark = pytest.mark.gguf

SHORT = Prompt("Call one tool, or answer.", describe=False, max_calls=1)
OPEN = talk(Message("user", "open README.md"), prompt=SHORT)
TITLE = Conversation(Prompt("Write a title."), (), (Message("user", "fix the build"),))


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(embedded_model(), context_tokens=512, threads=1)
    yield made
    made.close()


@pytest.fixture
async def student(tmp_path: Path) -> AsyncIterator[LocalStudent]:
    made = student_of(tmp_path)
    yield made
    await made.close()


def student_of(folder: Path) -> LocalStudent:
    (folder / "cache").mkdir(exist_ok=True)
    settings = StudentSettings(context_tokens=1024)
    return LocalStudent(settings, log=folder / "student.log", cache=folder / "cache")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


def test_a_state_that_was_restored_gives_the_same_logits(engine: Engine) -> None:
    text = engine.vocabulary.tokenize("The capital of France is Paris, and the capital of Spain is")
    engine.evaluate(text[:-4])
    state = engine.save()
    engine.evaluate(text)
    straight = engine.logits().copy()
    engine.evaluate(engine.vocabulary.tokenize("Something else entirely, and quite a bit longer than that."))
    engine.restore(state)
    assert engine.tokens == text[:-4]
    assert engine.evaluate(text) == len(text) - 4
    assert np.array_equal(engine.logits(), straight)


def test_a_state_that_llama_cpp_refuses_leaves_an_empty_cache(engine: Engine) -> None:
    text = engine.vocabulary.tokenize("The capital of France is Paris.")
    engine.evaluate(text)
    state = engine.save()
    engine.restore(type(state)(state.tokens, state.data[: state.size // 2]))
    assert engine.tokens == []
    assert engine.evaluate(text) == 0


def test_what_nobody_reads_is_not_evaluated(engine: Engine) -> None:
    engine.evaluate(engine.vocabulary.tokenize("The capital of France is"))
    held = len(engine.tokens)
    engine.extend(engine.vocabulary.tokenize(" Paris, and"))
    assert len(engine.tokens) == held
    assert engine.room == engine.context_tokens - held - len(engine.vocabulary.tokenize(" Paris, and")) - 1
    engine.logits()
    assert len(engine.tokens) > held


async def test_a_new_process_takes_its_prefix_from_the_disk(student: LocalStudent, tmp_path: Path) -> None:
    await student.warm(talk(prompt=SHORT))
    first = await student.decide(OPEN)
    await student.close()
    other = student_of(tmp_path)
    second = await other.decide(OPEN)
    await other.close()
    assert len(kept(tmp_path)) == 1
    assert first.usage.cached_tokens == second.usage.cached_tokens > 0.85 * second.usage.prompt_tokens
    assert [one.arguments for one in second.calls] == [one.arguments for one in first.calls]


async def test_a_damaged_file_costs_time_and_a_notice(student: LocalStudent, tmp_path: Path) -> None:
    await student.warm(talk(prompt=SHORT))
    await student.close()
    path = kept(tmp_path)[0]
    content = bytearray(path.read_bytes())
    content[-1000] ^= 0xFF
    path.write_bytes(content)
    other = student_of(tmp_path)
    decision = await other.decide(OPEN)
    stats = other.stats()
    await other.close()
    assert decision.usage.cached_tokens == 0
    assert len(stats.notices) == 1
    assert path.name in stats.notices[0]
    assert stats.notices[0] in (tmp_path / "student.log").read_text("utf-8")
    assert path not in kept(tmp_path)


async def test_a_title_between_two_turns_spares_both_prefixes(student: LocalStudent) -> None:
    first = await student.decide(OPEN)
    await student.answer(TITLE, kind="title", limit=4)
    longer = talk(
        *OPEN.messages, Message("assistant", "It is a demo."), Message("user", "a.py"), prompt=SHORT
    )
    second = await student.decide(longer)
    title = await student.answer(TITLE, kind="title", limit=4)
    assert second.usage.cached_tokens >= first.usage.prompt_tokens - 5
    assert title.usage.cached_tokens >= title.usage.prompt_tokens - 8
    assert student.stats().states_bytes > 0


@pytest.mark.parametrize("blow", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL])
async def test_H06_after_a_death_the_prefix_is_still_there(
    student: LocalStudent, blow: signal.Signals
) -> None:
    await student.warm(talk(prompt=SHORT))
    assert student._process
    os.kill(student._process.pid, blow)
    with pytest.raises(StudentDied, match=blow.name):
        await student.decide(OPEN)
    again = await student.decide(OPEN)
    assert again.usage.cached_tokens > 0.85 * again.usage.prompt_tokens
    assert student.stats().restarts == 1


async def test_what_was_unloaded_is_loaded_again_by_the_next_request(student: LocalStudent) -> None:
    await student.decide(OPEN)
    await student.close()
    assert student.stats().memory_bytes == 0
    assert (await student.decide(OPEN)).calls
    assert student.stats().memory_bytes > 0
    assert student.stats().restarts == 0


async def test_stats_say_what_was_done_and_what_is_held(student: LocalStudent) -> None:
    assert student.stats().requests == 0
    first, second = await student.decide(OPEN), await student.decide(OPEN)
    stats = student.stats()
    assert stats.requests == 2
    assert stats.prompt_tokens == first.usage.prompt_tokens + second.usage.prompt_tokens
    assert stats.cached_tokens == second.usage.prompt_tokens - 1
    assert stats.prefill_tokens_per_s > 0
    assert stats.decode_tokens_per_s > 0
    assert stats.memory_bytes > 100 << 20
    assert stats.restarts == 0
