"""The map as an image: inert, whole, and told apart by colour."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistant.curate_map import COLOURS, write_map
from assistant.curate_text import tones_of
from tests.assistant.test_curate_desk import desk_of, drafted
from tests.training.curation.rows import row
from training.curation.base import CurationError
from training.curation.draft import DRAFT
from training.curation.recipe import make_recipe


def test_every_decision_is_drawn_and_what_it_says_is_text(tmp_path: Path) -> None:
    rows = [row(f"</title><script>x</script>\x1b[2J {n}", f"tool {n % 8}", number=n) for n in range(16)]
    job = drafted(desk_of(tmp_path), [*rows, row(rows[0]["context"]["request"], "tool 0", number=20)])
    write_map(job.outputs / DRAFT, make_recipe({"floor": 0, "threshold": 1}), tmp_path / "map.svg")
    text = (tmp_path / "map.svg").read_text("utf-8")
    assert "<script" not in text and "\x1b" not in text
    marks = [one for one in ElementTree.fromstring(text).iter() if one.tag.endswith("circle") and len(one)]
    assert len(marks) == 17
    assert [one.get("fill") for one in marks].count("none") == 1
    assert {one.get("stroke") for one in marks} == set(COLOURS), "two of eight tools share the last colour"


def test_what_is_frequent_has_a_colour_of_its_own() -> None:
    assert tones_of("bbaac") == {"a": 0, "b": 1, "c": 2}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    job = drafted(desk_of(tmp_path))
    with pytest.raises(CurationError, match="the map cannot be written"):
        write_map(job.outputs / DRAFT, make_recipe({}), tmp_path / "no" / "map.svg")
