"""How sure a choice is: the shares of the branches multiplied, and a temperature that moves them together."""

import pytest

from training.student.confidence import SHOWN_ALTERNATIVES, weighed

ONE = ((("read_file", 0.6), ("run_*", 0.3), ("answer", 0.1)),)
TWO = ((("run_*", 0.5), ("answer", 0.5)), (("run_shell", 0.8), ("run_tests", 0.2)))


def test_a_single_choice_is_as_sure_as_its_share() -> None:
    assert weighed(ONE) == (
        pytest.approx(0.6),
        (("run_*", pytest.approx(0.3)), ("answer", pytest.approx(0.1))),
    )


def test_choices_on_the_way_multiply_and_the_likeliest_other_comes_first() -> None:
    confidence, others = weighed(TWO)
    assert confidence == pytest.approx(0.4)
    assert others == (("answer", pytest.approx(0.5)), ("run_tests", pytest.approx(0.1)))


def test_a_name_without_a_choice_is_certain() -> None:
    assert weighed(()) == (1.0, ())


def test_a_temperature_is_the_one_that_divides_logits() -> None:
    confidence, others = weighed(ONE, temperature=2.0)
    roots = [0.6**0.5, 0.3**0.5, 0.1**0.5]
    assert confidence == pytest.approx(roots[0] / sum(roots))
    assert others[0][1] == pytest.approx(roots[1] / sum(roots))


@pytest.mark.parametrize(("temperature", "limit"), [(1e6, 1 / 3), (1e-3, 1.0)])
def test_heat_levels_and_cold_decides(temperature: float, limit: float) -> None:
    assert weighed(ONE, temperature)[0] == pytest.approx(limit, abs=1e-4)


def test_a_share_of_nothing_stays_nothing() -> None:
    assert weighed(((("a", 1.0), ("b", 0.0)),), 3.0) == (1.0, (("b", 0.0),))


def test_only_the_likeliest_are_shown() -> None:
    names = tuple((f"tool_{number}", 1 / 20) for number in range(20))
    assert len(weighed((names,))[1]) == SHOWN_ALTERNATIVES
