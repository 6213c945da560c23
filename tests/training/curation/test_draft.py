"""What a draft shows of a curation before anything is published."""

from pathlib import Path

import pytest

from tests.training.curation.rows import row
from training.curation import draft as drafts
from training.curation.base import CurationError
from training.curation.draft import read_draft, write_draft
from training.curation.recipe import make_recipe
from training.curation.semdedup import SemDeDup
from training.curation.stages import Workshop

WORDS = ("parser", "cache", "router", "socket")
ROWS = [row(f"show me the {WORDS[n // 3]}", arguments={"path": WORDS[n // 3]}, number=n) for n in range(12)]


def made(folder: Path, **recipe: object) -> Path:
    shop = Workshop(make_recipe({"floor": 0, **recipe}))
    gone = {**row("nobody knows", number=99), "tool_parameters": None}
    dropped = [
        {"event_id": "e99", "stage": "label", "reason": "nothing tells right from wrong"},
        {"event_id": "e1", "stage": "dedup", "reason": "duplicate", "duplicate_of": "e0"},
    ]
    write_draft(folder / "draft", ROWS, [*ROWS, gone], dropped, shop)
    return folder / "draft"


@pytest.mark.slow
async def test_at_any_threshold_it_says_what_the_curation_would_do(tmp_path: Path) -> None:
    found = read_draft(made(tmp_path))
    for threshold in (0.3, 0.95, 1.0):
        _, stats = await SemDeDup(threshold, floor=0).deduplicate(ROWS)
        assert len(ROWS) - len(found.compared.duplicates(threshold).dropped) == stats["kept"]
    assert len(found.compared.duplicates(0.95, keep=["e1", "e4"]).dropped) == 6
    assert len(found.compared.duplicates(0.3, floor=10).dropped) == 2


def test_what_was_left_out_is_there_to_be_read_and_put_on_the_map(tmp_path: Path) -> None:
    found = read_draft(made(tmp_path))
    assert [one["stage"] for one in found.dropped] == ["label"]
    assert found.facts["e99"]["request"] == "nobody knows" and found.facts["e0"]["arguments"] == {
        "path": "parser"
    }
    assert len(found.points) == found.decisions == 12
    assert all(0 <= one.x <= 1 and 0 <= one.y <= 1 for one in found.points)


def test_of_very_many_whole_clusters_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST", 5)
    rows = [*ROWS, *(row("run it", "run_shell", {"command": "x"}, number=n) for n in range(50, 54))]
    write_draft(tmp_path / "draft", rows, rows, [], Workshop(make_recipe({"floor": 0})))
    found = read_draft(tmp_path / "draft")
    assert found.decisions == 16 and len(found.compared.names) in (4, 12)
    assert len(found.compared.duplicates(0.95).dropped) in (3, 8)


def test_a_draft_that_is_cut_off_says_so(tmp_path: Path) -> None:
    (made(tmp_path) / "decisions.jsonl").write_bytes(b"{")
    with pytest.raises(CurationError, match="make another one"):
        read_draft(tmp_path / "draft")
