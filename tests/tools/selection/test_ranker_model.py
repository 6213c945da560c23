"""The ranker's file: what was saved is read again, and anything else is refused in one line."""

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.selection.features import BUCKETS
from tools.selection.model import ModelError, RankerModel, load_model, save_model, shipped_model
from tools.selection.ranker import open_ranker

Content = dict[str, Any]


def small_model() -> RankerModel:
    weights = bytes(index % 256 for index in range(2 * BUCKETS))
    return RankerModel(("a", "b"), weights, (0.5, 0.25), (-1.0, 0.0), bytes(BUCKETS), 9.0, -3.0, {"a": 7})


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ranker.json"
    save_model(small_model(), path)
    assert load_model(path) == small_model()
    assert [entry.name for entry in path.parent.iterdir()] == ["ranker.json"]


def packed(size: int) -> str:
    return base64.b64encode(zlib.compress(bytes(size))).decode()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(format=2),
        lambda content: content.pop("weights"),
        lambda content: content.update(weights="no base64 !"),
        lambda content: content.update(weights=base64.b64encode(b"not zlib").decode()),
        lambda content: content.update(weights=packed(2 * BUCKETS - 1)),
        lambda content: content.update(weights=packed(1 << 22)),
        lambda content: content.update(scales=[1.0]),
        lambda content: content.update(scales=[1.0, float("nan")]),
        lambda content: content.update(slope=float("inf")),
        lambda content: content.update(tools=None),
        lambda content: content.update(evidence=[1]),
    ],
)
def test_a_spoilt_file_is_one_line_that_says_how_to_mend_it(
    tmp_path: Path, spoil: Callable[[Content], Any]
) -> None:
    path = tmp_path / "ranker.json"
    save_model(small_model(), path)
    content = json.loads(path.read_text("utf-8"))
    spoil(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ") and said.endswith("apprentice tools fit") and "\n" not in said


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ranker.json"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"ranker\.json"):
        load_model(path)


def test_a_person_without_a_ranker_has_the_shipped_one(tmp_path: Path) -> None:
    ranker, problem = open_ranker(tmp_path / "none.json")
    assert ranker.model is shipped_model() and not problem


def test_a_spoilt_ranker_leaves_the_shipped_one_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ranker.json"
    path.write_text("{}", encoding="utf-8")
    ranker, problem = open_ranker(path)
    assert ranker.model is shipped_model()
    assert problem.endswith("the shipped ranker is used") and str(path) in problem
