"""Fitting: what a person said changes the ranking, and what ships is what the seed gives."""

from pathlib import Path

import pytest

from tools.registry import builtin_registry
from tools.selection.model import load_model, save_model, shipped_model
from tools.selection.ranker import Ranker
from training.ranker.examples import Example
from training.ranker.fit import LEAST_EVIDENCE, FitError, fit
from training.ranker.seed import seed_examples

pytest.importorskip("sklearn")
pytestmark = pytest.mark.slow

BUILTIN = builtin_registry().signatures()
TICKETS = [f"file a ticket about {what}" for what in ("the login", "a crash", "slow pages", "typos", "logs")]


def learned(*more: Example) -> Ranker:
    return Ranker(fit([*seed_examples(), *more], BUILTIN))


def test_the_shipped_ranker_is_the_one_that_the_seed_gives() -> None:
    shipped, made = Ranker(shipped_model()), learned()
    assert shipped.model.tools == made.model.tools
    for example in seed_examples()[::20]:
        pairs = zip(shipped.learned_odds(example.request), made.learned_odds(example.request), strict=True)
        assert all(abs(first - second) < 0.2 for first, second in pairs), "run python -m training.ranker"


def test_the_same_examples_give_the_same_model(tmp_path: Path) -> None:
    first = fit(seed_examples(), BUILTIN)
    save_model(first, tmp_path / "ranker.json")
    assert fit(seed_examples(), BUILTIN) == first == load_model(tmp_path / "ranker.json")


def test_a_correction_turns_the_ranking_for_requests_like_it() -> None:
    text, like_it = "bring the thing up to speed", "bring the other thing up to speed please"
    corrected = Example(text, "s", right={"run_tests": 3.0}, wrong={"edit_file": 2.0})
    assert learned().rank(like_it, BUILTIN)[0].tool != "run_tests"
    assert learned(corrected).rank(like_it, BUILTIN)[0].tool == "run_tests"


def test_a_refusal_lowers_the_tool_and_no_other() -> None:
    text = "read src/app.py"
    before, after = learned(), learned(Example(text, "s", wrong={"read_file": 3.0}))
    for tool, was, now in zip(
        before.model.tools, before.learned_odds(text), after.learned_odds(text), strict=True
    ):
        assert now < was - 0.5 if tool == "read_file" else abs(now - was) < 0.5


def test_a_tool_from_elsewhere_gets_weights_once_there_is_evidence() -> None:
    few = [Example(text, "s", right={"jira_create": 1.0}) for text in TICKETS[: LEAST_EVIDENCE - 1]]
    enough = [Example(text, "s", right={"jira_create": 1.0}) for text in TICKETS]
    assert "jira_create" not in learned(*few).model.tools
    ranker = learned(*enough)
    assert ranker.model.evidence["jira_create"] == len(TICKETS)
    odds = dict(zip(ranker.model.tools, ranker.learned_odds("file a ticket about the colours"), strict=True))
    assert max(odds, key=lambda tool: odds[tool]) == "jira_create"


def test_progress_is_told_and_too_little_evidence_is_said() -> None:
    told: list[tuple[int, int]] = []
    fit(seed_examples(), BUILTIN, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 13) for number in range(1, 14)]
    with pytest.raises(FitError, match="two tools need 5 requests"):
        fit([Example("x", "s", right={"a": 1.0})], BUILTIN)
