"""Adapters swapped on a loaded base: another student each time, and the very same one again. Real GGUF."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.training.student.conftest import talk
from tests.training.student.tiny_adapter import write_adapter
from tools.protocol.messages import Message, Prompt
from training.student.base import StudentError
from training.student.engine import Engine, EngineError, Logits
from training.student.gguf import embedded_model
from training.student.local import LocalStudent
from training.student.settings import StudentSettings

pytestmark = pytest.mark.gguf

SHORT = Prompt("Call one tool, or answer.", describe=False, max_calls=1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(embedded_model(), context_tokens=512, threads=1)
    yield made
    made.close()


def logits(engine: Engine) -> Logits:
    engine.evaluate(engine.vocabulary.tokenize("The capital of France is"))
    return engine.logits().copy()


def test_logits_change_with_the_adapter_and_come_back_without_it(engine: Engine, tmp_path: Path) -> None:
    base = logits(engine)
    identities = {engine.identity}
    engine.use_adapter(write_adapter(tmp_path / "one.gguf", seed=1))
    identities.add(engine.identity)
    first = logits(engine)
    engine.use_adapter(write_adapter(tmp_path / "two.gguf", seed=2))
    identities.add(engine.identity)
    second = logits(engine)
    engine.use_adapter(tmp_path / "one.gguf")
    again = logits(engine)
    engine.use_adapter(None)
    assert np.abs(first - base).max() > 0.5
    assert np.abs(second - first).max() > 0.5
    assert np.array_equal(again, first)
    assert np.array_equal(logits(engine), base)
    assert len(identities) == 3
    assert engine.identity in identities


def test_another_adapter_finds_an_empty_cache(engine: Engine, tmp_path: Path) -> None:
    logits(engine)
    engine.use_adapter(write_adapter(tmp_path / "one.gguf"))
    assert engine.tokens == []


def test_a_file_that_is_no_adapter_leaves_the_one_before_in_place(engine: Engine, tmp_path: Path) -> None:
    engine.use_adapter(write_adapter(tmp_path / "one.gguf"))
    first = logits(engine)
    with pytest.raises(EngineError, match="adapter"):
        engine.use_adapter(embedded_model())
    assert np.array_equal(logits(engine), first)


async def test_a_student_swaps_adapters_without_loading_its_base_again(tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "one.gguf", scale=0.4)
    student = LocalStudent(StudentSettings(context_tokens=1024, call_tokens=24), log=tmp_path / "log")
    told = talk(Message("user", "open README.md"), prompt=SHORT)
    before = await student.decide(told)
    assert student._process
    process = student._process.pid
    assert (await student.adapt(str(adapter))).adapter == "one"
    other = await student.decide(told)
    with pytest.raises(StudentError, match=r"missing\.gguf"):
        await student.adapt(str(tmp_path / "missing.gguf"))
    assert (await student.start()).adapter == "one"
    assert (await student.adapt("")).adapter == ""
    again = await student.decide(told)
    await student.close()
    assert student._process.pid == process
    assert other.branches != before.branches
    assert again.branches == before.branches
    assert again.usage.cached_tokens > 0.85 * again.usage.prompt_tokens
