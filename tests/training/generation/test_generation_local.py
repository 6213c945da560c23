"""A local teacher, the embedded GGUF, labels for real: its distribution over the tools is stored."""

from pathlib import Path

import pytest

from tests.training.generation.test_generation_killed import Opened
from training.datasets.example import read
from training.generation.plan import Plan
from training.generation.running import generate
from training.generation.settings import GenerationSettings
from training.generation.work import TRAIN
from training.teachers.base import ProviderConfig

pytestmark = [pytest.mark.gguf, pytest.mark.timeout(600)]
"""The small model calls more than is asked for so often that it is asked some thirty times."""


async def test_a_gguf_labels_and_its_shares_are_kept(tmp_path: Path) -> None:
    teacher = ProviderConfig("local", "embedded", max_tokens=64)
    settings = GenerationSettings(near=1.0)
    plan = Plan(2, str(tmp_path), {"local": 100}, (teacher,), {"local": "label"}, settings=settings)
    found = await generate(plan, resume=False, open_source=lambda plan: Opened())
    examples = list(read(tmp_path / TRAIN))
    assert found["figures"]["with_soft_labels"] == 2 == len(examples)
    for one in examples:
        assert max(one.shares, key=lambda tool: one.shares[tool]) == "read_file"
        assert one.source["provider"] == "local" and one.source["cost_usd"] == 0
        assert one.messages[-1].calls[0].tool == "read_file" and sum(one.shares.values()) <= 1.001
