"""What is kept of generated examples, and why the rest is not."""

import json
import random
from dataclasses import replace

import pytest

from tests.training.generation.making import WORDS, example, made, told
from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.generation.base import GenerationError
from training.generation.contamination import ContaminationFilter
from training.generation.duplicates import DuplicateFilter
from training.generation.languages import languages_of
from training.generation.mixing import counts, next_of, read_mix
from training.generation.near import NearTexts, jaccard, shingles
from training.generation.quality import QualityFilter
from training.generation.tally import Tally

CALL = ToolCall("c1", "read_file", {"path": "a.py"})
WRONG_TYPE = ToolCall("c1", "read_file", {"path": 3})
BAD = {
    "schema": made((Message("user", text="read a.py"), Message("assistant", calls=(WRONG_TYPE,)))),
    "length": told("?", "What do you mean?"),
    "refusal": told("delete the logs", "I'm sorry, but I can't help with that."),
    "code": told("write a function that reverses a list", "Use slicing with a negative step."),
    "executed": made(
        (
            Message("user", text="read a.py"),
            Message("assistant", calls=(CALL,)),
            Message("assistant", text="It is empty."),
        )
    ),
    "language": example("bitte zeig mir was in der Datei src/cache.py ist"),
}


@pytest.mark.parametrize("reason", BAD)
def test_quality_rejects_for_the_reason_that_holds(reason: str) -> None:
    quality = QualityFilter()
    rejection = quality.check(BAD[reason])
    assert rejection is not None and rejection.reason == reason, rejection
    facts = quality.tally.facts()
    assert facts["checked"] == 1 and facts["kept"] == 0
    assert facts["rejected"][reason]["shown"][0]["why"] == rejection.said


@pytest.mark.parametrize(
    "good",
    [
        example(),
        made((Message("user", text="read a.py"), Message("assistant", calls=(CALL,)))),
        told("write a function that doubles x", "```python\ndef double(x):\n    return 2 * x\n```"),
        told("play some songs", "I can't do that with the tools I have here."),
        told("is src/gone.py there?", "I can't find src/gone.py; is it in another folder?"),
        told("write the code of the report", "Which report do you mean?", kind="ask"),
        example("montre-moi le fichier src/cache.py, et dans quelle classe", source={"language": "fr"}),
    ],
    ids=lambda one: one.messages[0].text[:20],
)
def test_quality_keeps_what_is_right(good) -> None:
    assert QualityFilter().check(good) is None


def test_a_tally_goes_on_where_it_was() -> None:
    first = QualityFilter()
    for _ in range(5):
        first.check(BAD["refusal"])
    second = QualityFilter(first.tally.facts())
    second.check(BAD["length"])
    facts = second.tally.facts()
    assert facts["checked"] == 6 and facts["rejected"]["refusal"]["count"] == 5
    assert len(facts["rejected"]["refusal"]["shown"]) == 3
    assert Tally(facts).usual.startswith("refusal: ")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("please show me the file src/cache.py", "en"),
        ("zeig mir bitte die Datei src/cache.py", "de"),
        ("montre-moi le fichier et dans quelle classe il est", "fr"),
        ("muéstrame el archivo y dónde está la clase que falla", "es"),
        ("покажи файл src/cache.py", "ru"),
        ("що я змінив?", "uk"),
        ("ファイル src/cache.py を見せて", "ja"),
        ("ls src/cache.py", None),
        ("run `der die das und nicht`", None),
        ("before I forget: why should I write tests", None),
    ],
)
def test_a_language_is_known_only_where_it_is_plain(text: str, language: str | None) -> None:
    assert (language in languages_of(text)) if language else not languages_of(text)


def test_duplicates_are_equal_or_near_requests_with_the_same_call() -> None:
    filter_ = DuplicateFilter(0.85)
    long = "please show me everything that stands in the file src/cache.py, all of it, from top to bottom"
    first = example(long)
    assert filter_.check(first) is None
    filter_.keep(first)
    assert filter_.check(replace(first, id="other")).reason == "equal"
    assert filter_.check(example(long.upper())).reason == "equal"
    assert filter_.check(example(long.replace("all of it", "all of that"))).reason == "near"
    assert filter_.check(example(long, "src/other.py", "Something else entirely stands here.")) is None
    facts = filter_.tally.facts()
    assert facts["kept"] == 2 and facts["rejected"]["equal"]["count"] == 2
    filter_.close()


def test_near_texts_are_found_as_exact_jaccard_says() -> None:
    """Against all pairs: what is found is near, and of what is near next to nothing is missed."""
    dice = random.Random(3)
    texts = [" ".join(dice.choices(WORDS, k=26)) for _ in range(24)]
    texts += [text.replace(text.split()[3], "other", 1) for text in texts[:16]]
    bound, missed, near = 0.9, 0, 0
    known = NearTexts(bound)
    for number, text in enumerate(texts):
        truth = max((jaccard(shingles(text), shingles(one)) for one in texts[:number]), default=0.0)
        found = known.find(text)
        assert found is None or found[1] >= bound
        near += truth >= bound
        missed += truth >= bound and found is None
        known.add(text)
    known.close()
    assert near >= 6 and missed <= 1


def test_equal_requests_with_different_right_tools_are_no_duplicates() -> None:
    request = "please look for all that has to do with the word cache in the whole of this project"
    filter_ = DuplicateFilter(0.5)
    for tool in ("search_files", "read_file"):
        arguments = {"pattern" if tool == "search_files" else "path": "cache"}
        one = made(
            (Message("user", text=request), Message("assistant", calls=(ToolCall("c1", tool, arguments),)))
        )
        assert filter_.check(one) is None
        filter_.keep(one)
        assert filter_.check(one) is not None
    filter_.close()


def test_duplicates_by_meaning_where_there_is_an_embedder() -> None:
    vectors = {"dog": [1.0, 0.0], "hound": [0.99, 0.1], "tree": [0.0, 1.0]}

    def embed(text: str) -> list[float]:
        return next(vector for word, vector in vectors.items() if word in text)

    filter_ = DuplicateFilter(embed=embed, same_meaning=0.95)
    kept = []
    for word in ("dog", "hound", "tree"):
        one = told(f"what is a {word}", "An answer.")
        if filter_.check(one) is None:
            filter_.keep(one)
            kept.append(word)
    assert kept == ["dog", "tree"]
    assert filter_.tally.facts()["rejected"]["meaning"]["count"] == 1


def test_requests_of_evaluation_sets_are_kept_out(tmp_path) -> None:
    cases = tmp_path / "held.jsonl"
    held = "show me the file src/held_back.py in full please"
    lines = [
        {"id": "1", "request": "Run  the tests", "expected": []},
        {"id": "2", "messages": [{"role": "user", "content": held}], "expected": []},
    ]
    cases.write_text("".join(json.dumps(line) + "\n" for line in lines))
    filter_ = ContaminationFilter([cases])
    assert filter_.check(told("run the TESTS", "Done.")).reason == "evaluated"
    assert filter_.check(told(held + "!", "Done.")).reason == "evaluated"
    assert filter_.check(told("show me the file src/elsewhere.py", "Done.")) is None
    assert filter_.sets[0]["requests"] == 2 and len(filter_.sets[0]["sha256"]) == 64


@pytest.mark.parametrize("line", ["[]", "{}", "no json", '{"messages": 3}'])
def test_a_bad_line_of_an_evaluation_set_is_named(tmp_path, line: str) -> None:
    cases = tmp_path / "held.jsonl"
    cases.write_text(f'{{"request": "fine"}}\n{line}\n')
    with pytest.raises(GenerationError, match="line 2"):
        ContaminationFilter([cases])
    with pytest.raises(GenerationError, match="cannot be read"):
        ContaminationFilter([tmp_path / "none.jsonl"])


def test_a_mix_is_by_largest_remainder_and_near_its_shares_on_the_way() -> None:
    mix = read_mix("anthropic, openai,local", "40,40,20")
    assert counts(7, mix) == {"anthropic": 3, "openai": 3, "local": 1}
    assert read_mix("openai,local,scripted", "") == {"openai": 34, "local": 33, "scripted": 33}
    wanted = counts(103, mix)
    made_so_far = dict.fromkeys(wanted, 0)
    for number in range(1, 104):
        open_ = [name for name in wanted if made_so_far[name] < wanted[name]]
        made_so_far[next_of(wanted, made_so_far, open_)] += 1
        assert all(abs(made_so_far[name] - number * wanted[name] / 103) < 1 + 1e-9 for name in wanted)
    assert made_so_far == wanted


@pytest.mark.parametrize(
    ("providers", "ratio"),
    [
        ("openai", "50"),
        ("openai,local", "50,40"),
        ("openai,local", "100"),
        ("a,a", ""),
        ("", ""),
        ("a,b", "x,y"),
        ("a,b", "100,0"),
    ],
)
def test_a_mix_that_does_not_add_up_is_said(providers: str, ratio: str) -> None:
    with pytest.raises(GenerationError):
        read_mix(providers, ratio)
