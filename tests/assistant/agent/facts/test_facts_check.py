import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.agent.facts.check import check
from assistant.agent.facts.record import Facts

FOLDER = Path(__file__).parent
SITUATIONS = {
    name: (Facts.from_dict(one["facts"]), [Facts.from_dict(each) for each in one["earlier"]])
    for name, one in json.loads((FOLDER / "situations.json").read_text()).items()
}


def statements(name: str, split: str) -> Iterator[tuple[str, str, bool]]:
    for line in (FOLDER / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["split"] == split:
            yield row["situation"], row["text"], row["false"]


@pytest.mark.parametrize("split", ["dev", "held_out"])
@pytest.mark.parametrize(("file", "least"), [("statements", 0.90), ("voices", 0.80)])
def test_precision_and_recall_on_labelled_statements(file: str, least: float, split: str) -> None:
    judged = [(bool(check(text, *SITUATIONS[name])), false) for name, text, false in statements(file, split)]
    found = sum(said and false for said, false in judged)
    precision = found / sum(said for said, _ in judged)
    recall = found / sum(false for _, false in judged)
    figures = f"{split}: {len(judged)} statements, precision {precision:.3f}, recall {recall:.3f}"
    assert precision >= 0.95, figures
    assert recall >= least, figures


def test_the_contradiction_says_what_is_so() -> None:
    facts, _ = SITUATIONS["tests_bad"]
    found = check("I ran the tests. 1 failed, 5 passed.", facts)
    assert [(one.sentence, one.instead) for one in found] == [
        ("1 failed, 5 passed.", "5 tests failed, 1 passed (pytest, 0.8 s).")
    ]
    refused, _ = SITUATIONS["refused_write"]
    assert check("I wrote 1\n2\n3 to notes.txt", refused)[0].instead == "Nothing was changed."


def test_a_claim_of_an_earlier_turn_is_held_against_that_turn() -> None:
    wrote, _ = SITUATIONS["wrote"]
    assert not check("I wrote notes.txt earlier, with 5 lines.", Facts(), [wrote])
    refused, _ = SITUATIONS["refused_write"]
    assert check("I wrote the numbers to notes.txt.", refused, [wrote])
    undone, _ = SITUATIONS["undone"]
    assert check("I wrote the numbers to notes.txt.", Facts(), [undone])


@pytest.mark.parametrize("piece", ["it is ", " ", "5 of ", '"', "`", "I ran and ", "a/", "the tests\n", "a."])
def test_no_reply_takes_long(piece: str) -> None:
    started = time.process_time()
    check(piece * (60_000 // len(piece)), Facts())
    assert time.process_time() - started < 5  # seconds; without the bounds it is minutes
