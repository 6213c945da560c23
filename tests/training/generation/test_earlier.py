"""What an earlier turn showed agrees within one example."""

import random

from tools.calls import ToolCall, ToolResult
from training.generation.answers import answer
from training.generation.earlier import FINDERS
from training.generation.finders import Unfillable
from training.generation.slots import Slots
from training.generation.worlds import make_world

WORLD = make_world(3)


def slots(seed: int) -> Slots:
    return Slots(WORLD, random.Random(seed))


def test_rows_are_in_the_order_of_a_listing_and_have_different_names():
    for seed in range(20):
        mine = slots(seed)
        for kind, stem in (("row", "stem"), ("mix", "kin")):
            rows = [mine[f"{kind}_{row}"] for row in "abcd"]
            assert rows == sorted(rows) and len({mine[f"{stem}_{row}"] for row in "abcd"}) == 4
            assert all(
                name.startswith(f"{mine[f'{stem}_{row}']}.") for name, row in zip(rows, "abcd", strict=True)
            )


def test_a_setting_stands_in_its_file_and_its_new_value_differs():
    for seed in range(20):
        mine = slots(seed)
        assert mine["conf_old"] in mine["conf_text"] and mine["conf_host"] in mine["conf_text"]
        assert mine["conf_new"] not in mine["conf_text"]


def test_the_next_lines_follow_those_that_were_read_and_are_as_many():
    for seed in range(20):
        mine = slots(seed)
        first, last, size = (int(mine[f"span_{name}"]) for name in ("first", "last", "size"))
        assert last - first + 1 == size == int(mine["span_next_last"]) - last
        assert int(mine["span_next"]) == last + 1
        assert len(mine["span_text"].splitlines()) > last + size


def test_a_folder_is_new_and_the_newer_file_is_listed_last():
    for seed in range(20):
        mine = slots(seed)
        assert not any(path.startswith(f"{mine['shown_folder']}/") for path in WORLD.files)
        assert mine["older"] < mine["newer"] and mine["newer_mark"] in mine["newer"]


def test_pages_are_those_that_the_search_lists():
    mine = slots(1)
    assert mine["page_first"].startswith("https://") and mine["page_first"] != mine["page_second"]


def test_values_of_a_group_are_the_same_whichever_is_asked_for_first():
    for name in FINDERS:
        try:
            mine = slots(7)
            value = mine[name]
        except Unfillable:
            continue
        assert mine[name] == value


def test_two_names_of_one_kind_differ():
    for seed in range(20):
        mine = slots(seed)
        assert len({mine["needle"], mine["needle_new"], mine["other_needle"]}) == 3


def test_new_files_are_not_said_to_be_no_changes():
    shown = ToolResult(success=True, text="new files that git does not track:\na.py\n")
    assert "a.py" in answer("diff", slots(1), [(ToolCall("c", "git_diff", {}), shown)])
