"""A teacher labels examples: its call, and its distribution over the tools."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.generation.making import example, made, told
from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.datasets.example import Example
from training.generation.labelling import labelled
from training.generation.tally import Rejection
from training.teachers.base import ProviderConfig, TeacherReply
from training.teachers.create import create_provider
from training.teachers.prices import PriceList
from training.teachers.run import TeacherRun

READ = ToolCall("t1", "read_file", {"path": "elsewhere.py"})
FIND = ToolCall("t2", "search_files", {"pattern": "cache"})
SHARES = (("read_file", 0.9), ("unknown", 0.05), ("answer", 0.05))


async def label(folder: Path, seed: Example, reply: TeacherReply) -> Example | Rejection:
    teacher = create_provider(ProviderConfig("scripted", "judge"), script=lambda _: reply)
    with TeacherRun(folder, PriceList({})) as run:
        return await labelled(run, teacher, "0-1", seed, soft=True)


async def test_where_teacher_and_seed_agree_the_right_call_stays_and_the_shares_come(tmp_path: Path) -> None:
    seed = example()
    found = await label(tmp_path, seed, TeacherReply(calls=(READ,), shares=SHARES))
    assert isinstance(found, Example) and found.messages == seed.messages[:2]
    assert found.shares == {"read_file": 0.9, "answer": 0.05} and found.source["model"] == "judge"


@pytest.mark.parametrize(
    ("seed", "reply", "said"),
    [
        (
            example(),
            TeacherReply(calls=(READ, FIND)),
            "chose read_file, search_files where read_file is right",
        ),
        (example(), TeacherReply(text="Which one?"), "chose answer where read_file is right"),
        (told("thank you", "You are welcome."), TeacherReply(calls=(FIND,)), "search_files where answer is"),
    ],
)
async def test_where_they_differ_it_is_said_how(
    tmp_path: Path, seed: Example, reply: TeacherReply, said: str
) -> None:
    found = await label(tmp_path, seed, reply)
    assert isinstance(found, Rejection) and found.reason == "disagrees" and said in found.said


async def test_of_a_decision_that_nobody_judged_the_teacher_says_what_is_right(tmp_path: Path) -> None:
    wrong = Message("assistant", calls=(FIND,))
    seed = made((Message("user", text="open src/cache.py"), wrong), source={"unlabelled": True})
    found = await label(tmp_path, seed, TeacherReply(calls=(READ,)))
    assert isinstance(found, Example) and found.messages[-1].calls == (READ,) and found.kind == "call"
    assert "unlabelled" not in found.source and found.id != seed.id
    nothing = await label(tmp_path / "other", replace(seed), TeacherReply())
    assert isinstance(nothing, Rejection) and nothing.reason == "no label"
