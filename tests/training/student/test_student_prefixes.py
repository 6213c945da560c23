"""What of a prompt is evaluated again, and what is taken from the live cache, from memory or from disk."""

from pathlib import Path
from typing import Any, cast

import pytest

from tests.training.student.fake_engine import BYTES_PER_TOKEN, FakeEngine
from training.student.base import Kind
from training.student.engine import Engine
from training.student.prefix_files import PrefixFiles
from training.student.prefixes import Prefixes
from training.student.rendering import Rendered

AGENT = tuple(range(100))
OTHER = tuple(range(500, 600))
TITLE = tuple(range(1000, 1040))
BUDGET = 100_000


def prompt(prefix: tuple[int, ...], *more: int) -> Rendered:
    return Rendered([*prefix, *more], prefix)


def talk(prefix: tuple[int, ...], length: int) -> Rendered:
    return prompt(prefix, *range(2000, 2000 + length))


class Case:
    """An engine with its prefixes; ``cost`` is what the last prompt had evaluated."""

    def __init__(
        self, files: PrefixFiles | None = None, *, budget: int = BUDGET, can_forget: bool = True
    ) -> None:
        self.engine = FakeEngine(can_forget=can_forget)
        self.prefixes = Prefixes(cast(Engine, self.engine), budget, files)

    def cost(self, rendered: Rendered, kind: Kind = "agent", **options: Any) -> int:
        before = self.engine.evaluated
        cached = self.prefixes.evaluate(rendered, kind, **options)
        assert self.engine.tokens == list(rendered.tokens)
        spent = self.engine.evaluated - before
        assert spent == len(rendered.tokens) - cached
        return spent


def test_a_turn_pays_for_its_new_tokens_only() -> None:
    case = Case()
    assert case.cost(talk(AGENT, 20)) == 120
    assert case.cost(talk(AGENT, 35)) == 15


def test_a_title_between_two_turns_costs_neither_of_them_anything() -> None:
    case = Case()
    case.cost(talk(AGENT, 300))
    assert case.cost(prompt(TITLE, 1, 2, 3), "title") == 43
    assert case.cost(talk(AGENT, 310)) == 10
    assert case.cost(prompt(TITLE, 4, 5, 6, 7), "title") == 4


def test_another_set_of_tools_and_back_finds_the_conversation_where_it_was() -> None:
    case = Case()
    case.cost(talk(AGENT, 300))
    assert case.cost(talk(OTHER, 300)) == 400
    assert case.cost(talk(AGENT, 305)) == 5
    assert case.cost(talk(OTHER, 305)) == 5


def test_a_new_session_pays_for_no_prefix() -> None:
    case = Case()
    case.cost(talk(AGENT, 300))
    assert case.cost(prompt(AGENT, 1, 2, 3)) == 3


def test_many_sets_of_tools_evict_each_other_but_no_title() -> None:
    case = Case(budget=350 * BYTES_PER_TOKEN)
    case.cost(prompt(TITLE, 1), "title")
    for first in range(3000, 3000 + 200 * 10, 200):
        case.cost(prompt(tuple(range(first, first + 100)), 1))
    assert case.cost(prompt(TITLE, 2), "title") == 1
    assert case.cost(prompt(tuple(range(3000, 3100)), 1)) == 101
    assert case.prefixes.size <= 2 * 350 * BYTES_PER_TOKEN


def test_another_adapter_is_another_student_and_the_first_finds_its_states_again() -> None:
    case = Case()
    case.cost(talk(AGENT, 50))
    case.prefixes.park()
    case.engine.identity = "base+adapter"
    case.engine.forget()
    assert case.cost(talk(AGENT, 50)) == 150
    case.prefixes.park()
    case.engine.identity = "base"
    case.engine.forget()
    assert case.cost(talk(AGENT, 51)) == 1


def test_a_model_that_cannot_forget_a_part_still_finds_its_prefix() -> None:
    case = Case(can_forget=False)
    case.cost(talk(AGENT, 50))
    case.cost(prompt(TITLE, 1, 2), "title")
    assert case.cost(prompt(AGENT, 7, 8, 9)) == 3


def test_without_room_for_states_all_is_evaluated_and_right() -> None:
    case = Case(budget=0)
    case.cost(talk(AGENT, 20))
    assert case.cost(prompt(TITLE, 1), "title") == 41
    assert case.cost(talk(AGENT, 20)) == 120


@pytest.fixture
def files(tmp_path: Path) -> PrefixFiles:
    return PrefixFiles(tmp_path, BUDGET, lambda line: pytest.fail(line))


def test_a_new_process_finds_what_was_warmed_and_what_has_a_kind_of_its_own(files: PrefixFiles) -> None:
    first = Case(files)
    first.cost(talk(AGENT, 10), lasting=True)
    first.cost(prompt(TITLE, 1, 2), "title")
    second = Case(files)
    assert second.cost(talk(AGENT, 10)) == 10
    assert second.cost(prompt(TITLE, 3, 4), "title") == 2


def test_a_prompt_that_came_once_stays_off_the_disk(files: PrefixFiles, tmp_path: Path) -> None:
    Case(files).cost(talk(AGENT, 10))
    assert list(tmp_path.iterdir()) == []


def test_another_model_does_not_take_a_file_for_its_own(files: PrefixFiles) -> None:
    Case(files).cost(talk(AGENT, 10), lasting=True)
    other = Case(files)
    other.engine.identity = "another"
    assert other.cost(talk(AGENT, 10)) == 110
