"""Other wordings: what is learned from, what is kept apart, and what stays."""

import random

import pytest

from tests.training.corrections.making import said
from tools.registry import builtin_registry
from training.corrections.wording import normal
from training.learning.examples import KEPT, MOST_WORDINGS, WORDINGS, of_corrections, rehearsed, wordings
from training.learning.rewording import core_of, form_of, reworded

DIFF = ("run_shell", {"command": "jj diff"})
REQUESTS = (
    "run the tests", "please run the test suite", "do all tests pass?", "test everything", "what changed?",
    "show me the diff", "show me the config", "any lint errors?", "start the server", "git log",
    "what are our settings?", "read conf/settings.yaml", "can you list the open todos?", "lint the code",
    "launch the dev server", "is it green", "print the configuration", "compile everything",
    "bring the schema up to date", "open the notebook",
)  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS)
def test_each_request_has_eight_wordings_and_two_that_are_kept_apart(request_: str) -> None:
    made = reworded(request_, WORDINGS, KEPT, random.Random(1))
    assert made.learned[0] == request_
    assert len(set(map(normal, made.learned))) >= WORDINGS - 1
    assert len(made.kept) == KEPT
    assert not {normal(one) for one in made.learned} & {normal(one) for one in made.kept}
    assert made == reworded(request_, WORDINGS, KEPT, random.Random(1))


def test_what_is_kept_is_never_learned_from() -> None:
    found = [said(one, ("run_shell", {"command": f"make {at}"})) for at, one in enumerate(REQUESTS)]
    made = wordings(found)
    learned = [normal(text) for _, text in made.learned]
    kept = [normal(text) for _, text in made.kept]
    assert len(set(learned)) == len(learned)
    assert len(set(kept)) == len(kept) > len(REQUESTS)
    assert not set(learned) & set(kept)
    trained = of_corrections(made.learned, builtin_registry().signatures())
    assert not {normal(one.messages[0].text) for one in trained} & set(kept)
    assert {one.request for one, _ in made.learned} == set(REQUESTS)


def test_a_wording_that_is_itself_a_correction_is_not_kept() -> None:
    made = wordings(
        [said("run the tests"), said("execute the tests", DIFF), said("please run the tests", DIFF)]
    )
    meant = {normal(text): one.request for one, text in made.learned}
    assert meant["execute the tests"] == "execute the tests"
    assert meant["please run the tests"] == "please run the tests"
    assert not {"execute the tests", "run the tests"} & {normal(text) for _, text in made.kept}


def test_few_corrections_are_shown_in_more_wordings() -> None:
    few = wordings([said(one) for one in REQUESTS[:5]])
    assert 5 * WORDINGS < len(few.learned) <= 5 * MOST_WORDINGS


def test_what_is_named_stays() -> None:
    made = reworded("please show the config file conf/test_config.yaml", 16, 4, random.Random(3))
    assert all("conf/test_config.yaml" in one for one in (*made.learned, *made.kept))


def test_politeness_is_no_part_of_a_request() -> None:
    assert core_of("Please, could you run the tests for me?") == "run the tests"
    assert [form_of(one) for one in ("run the tests", "what changed", "git log")] == [
        "order",
        "question",
        "phrase",
    ]


def test_what_was_learned_before_is_rehearsed_unless_it_means_something_else_now() -> None:
    before = [said("run the tests"), said("show me the deploy notes", DIFF)]
    again = rehearsed(before, [said("run the tests", DIFF)])
    assert {one.request for one, _ in again.learned} == {"show me the deploy notes"}
    assert len(again.kept) == 1
