"""Each check of the conversion gate finds what it is there for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.export.made import VOCABULARY, gguf, said, trace
from tests.training.finetune import tiny
from tools.protocol.render import Segment, TemplateSource
from training.export import checks
from training.export.checks import Check
from training.export.gate import Verdict
from training.export.ladder import suited
from training.export.naming import ExportError
from training.export.report import page
from training.export.traces import spoken, wanted


class Letters:
    """A vocabulary of characters."""

    template = TemplateSource()
    end = 0

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        return [ord(letter) for letter in text]

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]:
        return [letter for one in segments for letter in self.tokenize(one.text)]


SPOKEN = said("call", "talk", "call")


def test_what_should_be_said_is_what_carries_loss() -> None:
    assert wanted(SPOKEN).tolist() == [7, 8, 9, 2, 3, 4, 2, 7, 8, 9, 2]


def test_examples_are_drawn_and_a_prefix_counts_once() -> None:
    examples = [tiny.talk(number) for number in range(10, 90)]
    one = len(spoken(Letters(), tiny.PROMPT, examples, 1, 10_000)[0].whole)
    some = spoken(Letters(), tiny.PROMPT, examples, one + 200, 10_000)
    beside = len(some[0].ids.ids)
    assert len(some) == 1 + 200 // beside
    assert len({each.ids.prefix for each in some}) == 1
    names = [each.example.id for each in some]
    assert names != [example.id for example in examples[: len(names)]] and len(set(names)) == len(names)
    assert some == spoken(Letters(), tiny.PROMPT, examples, one + 200, 10_000)
    with pytest.raises(ExportError, match="every example is longer than 20 tokens"):
        spoken(Letters(), tiny.PROMPT, examples, 1000, 20)


@pytest.mark.parametrize(
    ("wrong", "least", "passed"), [((), 0.99, True), ((1,), 0.99, False), ((1,), 0.9, True)]
)
def test_agreement_is_with_what_was_trained_right_or_not(
    wrong: tuple[int, ...], least: float, passed: bool
) -> None:
    reference = trace(SPOKEN, wrong=(0,))
    found = checks.agreement(trace(SPOKEN, wrong=(0, *wrong)), reference, least)
    assert found.passed is passed
    assert found.figure == round(1 - len(wrong) / 11, 4)


def test_a_decision_is_a_whole_call_or_that_it_is_an_answer() -> None:
    assert checks.right(trace(SPOKEN), SPOKEN) == 1
    assert checks.right(trace(SPOKEN, wrong=(3,)), SPOKEN) == 2 / 3
    assert checks.right(trace(SPOKEN, wrong=(4,)), SPOKEN) == 2 / 3
    assert checks.right(trace(SPOKEN, wrong=(5, 6)), SPOKEN) == 1


def test_the_metric_may_fall_by_a_point() -> None:
    many = said(*["call"] * 100)
    whole, one, two = (trace(many, wrong=wrong) for wrong in ((), (0,), (0, 4)))
    assert checks.metric(one, whole, many).passed
    fallen = checks.metric(two, whole, many)
    assert (fallen.passed, fallen.figure) == (False, -0.02)
    assert checks.metric(whole, two, many).passed


def test_training_that_is_missing_or_scaled_otherwise_is_found() -> None:
    noise = np.random.default_rng(1)
    base = noise.normal(size=(3, VOCABULARY)).astype(np.float32)
    trained = base + noise.normal(size=base.shape).astype(np.float32)
    reference, below = trace(SPOKEN, openings=trained), trace(SPOKEN, openings=base)

    def found(scale: float) -> Check:
        return checks.change(trace(SPOKEN, openings=base + scale * (trained - base)), reference, below)

    assert found(1).passed and found(1).figure == 1
    assert [found(scale).passed for scale in (0, 0.5, 2)] == [False, False, False]
    assert not checks.change(below, below, below).passed


def test_calls_have_to_end_and_answers_may_go_on() -> None:
    assert checks.ends(trace(SPOKEN, wrong=(6,)), SPOKEN).passed
    assert not checks.ends(trace(SPOKEN, wrong=(3,)), SPOKEN).passed
    nothing = checks.ends(trace(said("talk")), said("talk"))
    assert (nothing.passed, nothing.said) == (False, "no call is among the examples")


@pytest.mark.train
def test_a_size_fits_its_quantisation(tmp_path: Path) -> None:
    assert checks.size(gguf(tmp_path / "a", "f16"), "f16").figure == 16
    small = gguf(tmp_path / "b", "Q8_0")
    assert checks.size(small, "Q8_0").passed and not checks.size(small, "f16").passed
    assert not checks.size(small, "Q4_K_M").passed
    odd = gguf(tmp_path / "c", "Q8_0", rows=288)
    assert checks.size(odd, "Q4_K_M").passed
    assert (suited(small), suited(odd)) == ("Q4_K_M", "Q8_0")


def test_a_gate_without_all_of_its_checks_is_not_passed() -> None:
    good = Check("a", True, 1.0, "all")
    assert Verdict("x", "Q8_0", (good,) * 8).passed
    assert not Verdict("x", "Q8_0", (good,) * 7).passed
    failed = Verdict("x.gguf", "Q8_0", (*(good,) * 7, Check("end token", False, 0.5, "at least 95%", "why")))
    assert not failed.passed and failed.failed == ["end token"]
    report = {
        "form": "merged",
        "quantisation": "Q8_0",
        "passed": False,
        "examples": 3,
        "held_out": False,
        "prompts": 2,
        "seconds": 1.0,
        "verdicts": [failed.as_json()],
    }
    text = page(report, "mine")
    assert text.startswith(
        "Conversion gate: mine (merged, Q8_0) NOT PASSED\njudged on 3 examples that it was trained on"
    )
    assert "   8 end token       FAILS          0.5   at least 95%; why" in text
