"""What the panel of curation knows: forms, drafts, thresholds, and what is accepted."""

from pathlib import Path
from typing import Any

import pytest

from assistant.curate_desk import CurateDesk, CurateForm, curate_desk
from tests.training.curation.rows import row
from tests.training.jobs.still import StillJobs
from training.curation.base import CurationError
from training.curation.draft import DRAFT, write_draft
from training.curation.recipe import make_recipe
from training.curation.stages import Workshop
from training.jobs.base import Job

WORDS = ("parser", "cache", "router", "socket")
ROWS = [row(f"show me the {WORDS[n // 3]}", arguments={"path": WORDS[n // 3]}, number=n) for n in range(12)]
LEFT_OUT = {"event_id": "e99", "stage": "label", "reason": "nothing tells right from wrong"}


def desk_of(folder: Path) -> CurateDesk:
    return curate_desk(str(folder / "events"), StillJobs(folder / "jobs"), folder, folder / "cache")


def drafted(
    desk: CurateDesk, rows: list[dict[str, Any]] = ROWS, said: str = "8 duplicate", **form: str
) -> Job:
    """A draft that is done, of these decisions and one that was left out before."""
    job = desk.start(CurateForm(**form))
    shop = Workshop(make_recipe({"floor": 1}))
    (job.outputs).mkdir()
    gone = row("nobody knows\x1b[2J", number=99)
    write_draft(job.outputs / DRAFT, rows, [*rows, gone], [LEFT_OUT], shop)
    assert isinstance(desk.jobs, StillJobs)
    for note in ("13 decisions in the log", f"dedup: 12 to 4 ({said})"):
        desk.jobs.tell(job, "note", text=note)
    result = {"draft": DRAFT, "examples": 4, "silhouette": 0.5, "diversity": {"coverage": 0.9}}
    desk.jobs.tell(job, "done", result=result)
    return desk.jobs.get(job.id)


@pytest.mark.slow
def test_a_threshold_is_tried_on_the_draft_and_what_is_accepted_is_what_was_seen(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    assert desk.look().draft is None
    draft = drafted(desk, threshold="0.9", filters="confidence>=0.1; agent_id=coder")
    seen = desk.look()
    assert seen.draft_id == draft.id and list(seen.notes)[1].startswith("dedup: 12 to 4")
    assert desk.threshold(draft.id) == 0.9
    found = desk.trial(draft.id, 0.95, ["e1"])
    assert (found.kept, found.tools["read_file"]) == (5, (5, 12)), "the floor counts the kept one"
    assert {name for name, _, _ in desk.trial(draft.id, 1.0, []).pairs} <= {f"e{n}" for n in range(12)}
    made = desk.accept(draft.id, 0.95, ["e1"])
    asked = made.spec.arguments
    assert (asked["draft"], asked["recipe"]["threshold"], asked["recipe"]["keep"]) == (False, 0.95, ["e1"])
    assert asked["recipe"]["until"] == draft.created and asked["recipe"]["where"]["agent_id"] == "coder"
    with pytest.raises(CurationError, match="a curation is under way"):
        desk.start(CurateForm())
    assert desk.newest().filters == 'confidence >= 0.1; agent_id = "coder"'
    assert desk.recipe(desk.newest()).where == desk.recipe(CurateForm(filters=desk.newest().filters)).where


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"since": "tomorrow"}, "since: 'tomorrow' is no time"),
        ({"filters": "confidence"}, "filters: the filter 'confidence' cannot be read"),
        ({"threshold": "high"}, "threshold: Input should be a valid number"),
        ({"clusters": "-1"}, "clusters: Input should be greater"),
    ],
)
def test_what_cannot_be_curated_is_said_and_starts_nothing(
    tmp_path: Path, form: dict[str, str], said: str
) -> None:
    desk = desk_of(tmp_path)
    with pytest.raises(CurationError, match=said):
        desk.start(CurateForm(**form))
    assert desk.jobs.all() == []
