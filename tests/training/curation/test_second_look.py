"""Where the first pass is in doubt, a model decides; nowhere else is it asked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.training.curation.rows import row
from training import SemDeDup
from training.curation.embedding import embedder_of
from training.curation.second_look import SecondLook
from training.generation.near import normalised

SAME, OTHER = "how do I take back the last commit", "is there a way to undo my latest commit"


class Meaning:
    """Fulfils ``Embedder``: a direction for each meaning that it was told; remembers what it was asked."""

    name, size = "told", 8

    def __init__(self, *same: set[str]) -> None:
        self.same = same
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        found = np.zeros((len(texts), self.size), np.float32)
        for place, text in enumerate(texts):
            known = [number for number, words in enumerate(self.same) if text in map(normalised, words)]
            found[place, known[0]] = 1
        return found


async def kept(meaning: Meaning, *requests: str, doubt: float = 0.6) -> list[str]:
    rows = [row(request, number=number) for number, request in enumerate(requests)]
    semdedup = SemDeDup(0.95, floor=0, second=SecondLook(meaning, doubt=doubt))
    found, stats = await semdedup.deduplicate(rows)
    assert stats["second_look"] == len(meaning.asked)
    assert all(0.95 <= one["similarity"] <= 1 for one in stats["dropped"])
    return [str(one["context"]["request"]) for one in found]


async def test_a_paraphrase_goes_where_the_model_says_so() -> None:
    assert await kept(Meaning({SAME, OTHER}), SAME, OTHER) == [SAME]
    assert await kept(Meaning({SAME}, {OTHER}), SAME, OTHER) == [SAME, OTHER]


async def test_what_the_first_pass_takes_for_the_same_stays_where_the_model_says_otherwise() -> None:
    one, other = (
        f"{word} the cache before the tests of the parser are run again" for word in ("fill", "full")
    )
    assert await kept(Meaning({one}, {other}), one, other) == [one, other]


async def test_the_model_is_asked_only_in_the_band() -> None:
    meaning = Meaning()
    assert await kept(meaning, SAME, SAME, "ocean", doubt=0.01) == [SAME, "ocean"]
    assert meaning.asked == []


@pytest.mark.train
async def test_minilm_sees_a_paraphrase_and_what_only_sounds_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = [
        row(request, "run_shell", {"command": "git reset --soft HEAD~1"}, number=number)
        for number, request in enumerate(
            [
                "how do I undo my last commit in git",
                "how can I undo the latest git commit?",
                "undo my last move",
            ]
        )
    ]
    letters, second = embedder_of("letters"), SecondLook(embedder_of("minilm"))
    alone, _ = await SemDeDup(0.95, floor=0, embedder=letters).deduplicate(rows)
    looked, stats = await SemDeDup(0.95, floor=0, embedder=letters, second=second).deduplicate(rows)
    assert len(alone) == 3 and stats["second_look"] >= 2
    assert rows[2] in looked and len(looked) == 2
