"""Duplicates by meaning, as the real MiniLM sees it."""

import json
import sys
from pathlib import Path

import pytest

from tests.training.generation.making import FakeSource, told
from training.datasets.example import Example, read
from training.generation.base import GenerationError
from training.generation.meaning import embedder
from training.generation.plan import Plan
from training.generation.run import Generation, Parts
from training.generation.settings import GenerationSettings
from training.generation.work import METADATA, TRAIN, Work
from training.teachers.prices import PriceList
from training.teachers.run import TeacherRun

TALK = [
    told("how do I undo my last commit in git", "git reset --soft HEAD~1 takes it back and keeps the rest."),
    told("a way to take back the most recent git commit?", "Take it back with git reset --soft HEAD~1."),
    told("how do I undo my last change of the schema", "Write a migration that goes back."),
]


class Talking(FakeSource):
    """Fulfils ``Source``."""

    async def make(self, index: int) -> Example:
        return TALK[index] if index < len(TALK) else await super().make(index)


async def generated(folder: Path, embedder_name: str) -> list[str]:
    """The requests that a run of three keeps."""
    settings = GenerationSettings(same_meaning=0.8, embedder=embedder_name)
    plan = Plan(3, str(folder), {"scripted": 100}, settings=settings)
    work = Work(folder, plan.identity(), resume=False)
    with TeacherRun(work.folder, PriceList({})) as teacher_run:
        await Generation(plan, Parts(Talking(), teacher_run), work).run()
    work.close()
    return [one.messages[0].text for one in read(folder / TRAIN)]


@pytest.mark.train
async def test_a_paraphrase_is_left_out_and_what_only_sounds_alike_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    kept = await generated(tmp_path, "minilm")
    assert kept[:2] == [TALK[0].messages[0].text, TALK[2].messages[0].text] and len(kept) == 3
    rejected = json.loads((tmp_path / METADATA).read_text())["filters"]["duplicates"]["rejected"]
    assert rejected["meaning"]["count"] == 1 and rejected["meaning"]["shown"][0]["why"].startswith(
        "cosine 0."
    )
    assert capfd.readouterr().err == ""


async def test_letters_see_no_paraphrase(tmp_path: Path) -> None:
    assert await generated(tmp_path, "letters") == [one.messages[0].text for one in TALK]


def test_without_the_library_it_is_said_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(GenerationError, match=r"\[train\].*same_meaning to 1"):
        embedder("minilm")
