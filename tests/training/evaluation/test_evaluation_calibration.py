"""The temperature behind made-up decisions is found again; errors are what they are defined to be."""

import random

import pytest

from training.evaluation.calibration import (
    CalibrationError,
    Decided,
    calibrate,
    expected_calibration_error,
    fit_temperature,
    judged,
)
from training.student.confidence import confidence_of


def decisions(count: int, temperature: float, seed: int = 0) -> list[Decided]:
    """Decisions whose names are right as often as their shares under ``temperature`` say."""
    dice = random.Random(seed)
    made: list[Decided] = []
    for _ in range(count):
        logits = sorted((dice.gauss(0, 3) for _ in range(5)), reverse=True)
        powers = [2.718281828 ** (logit - logits[0]) for logit in logits]
        branch = tuple((str(index), power / sum(powers)) for index, power in enumerate(powers))
        confidence = confidence_of((branch,), temperature)
        made.append(((branch,), dice.random() < confidence))
    return made


@pytest.mark.parametrize("temperature", [0.5, 2.5])
def test_the_temperature_behind_the_decisions_is_found(temperature: float) -> None:
    assert fit_temperature(decisions(250, temperature)) == pytest.approx(temperature, rel=0.3)


def test_fitting_mends_what_is_said_of_decisions_that_it_did_not_see() -> None:
    found = calibrate(decisions(150, 3.0))
    assert found.ece_before > 0.15
    assert found.ece_after < 0.1
    unseen = decisions(500, 3.0, seed=1)
    assert expected_calibration_error(judged(unseen, found.temperature)) < 0.08


def test_the_error_is_the_gap_in_each_bin_weighted_by_its_size() -> None:
    assert expected_calibration_error([(0.95, True)] * 3 + [(0.95, False)]) == pytest.approx(0.2)
    assert expected_calibration_error([(1.0, True), (0.05, False)]) == pytest.approx(0.025)
    assert expected_calibration_error([]) == 0.0


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (decisions(99, 1.0), "99 decisions have a confidence; 100 are needed"),
        ([(branches, True) for branches, _ in decisions(100, 1.0)], "100 of 100 names are right"),
        ([(branches, False) for branches, _ in decisions(100, 1.0)], "0 of 100 names are right"),
    ],
)
def test_what_cannot_be_fitted_is_said(made: list[Decided], says: str) -> None:
    with pytest.raises(CalibrationError, match=says):
        calibrate(made)


def test_a_fit_stays_within_bounds_where_nothing_can_be_learnt() -> None:
    coin = [(((("a", 0.6), ("b", 0.4)),), number % 2 == 0) for number in range(100)]
    assert 0.04 < fit_temperature(coin) <= 20.01
