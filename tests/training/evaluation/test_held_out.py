"""Examples as cases: the decisions that count while a run is looked at."""

from tests.training.generation.making import example, told
from training.evaluation.cases import Expected
from training.evaluation.held_out import cases_of
from training.evaluation.judging import judge
from training.evaluation.predictions import Prediction


def test_each_call_and_each_restraint_is_a_case_and_the_words_after_a_call_are_none() -> None:
    calling, answering = example(), told("thank you", "You are welcome.")
    one, two = cases_of([calling, answering])
    assert (one.messages, one.expected) == (
        calling.messages[:1],
        (Expected("read_file", {"path": ("src/cache.py",)}),),
    )
    assert two.wants_answer and two.signatures == answering.tools and one.id != two.id


def test_what_was_said_in_the_example_is_judged_right() -> None:
    calling = example()
    (case,) = cases_of([calling])
    assert judge(case, Prediction(case.id, calls=calling.messages[1].calls)).call
    assert not judge(case, Prediction(case.id, answer="It is a cache.")).tool
