"""The embedded student evaluated and calibrated through the program."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main

pytestmark = [pytest.mark.gguf, pytest.mark.slow, pytest.mark.timeout(1200)]

PLAIN = Path(__file__).parents[3] / "benchmarks" / "requests" / "plain.jsonl"


def facts(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["eval", *arguments, "--cases", str(PLAIN), "--json"]) == 0
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def test_what_calibration_fits_is_what_the_student_says_from_then_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The names are what matters here; arguments that are cut short save most of the time.
    monkeypatch.setenv("APPRENTICE_STUDENT__CALL_TOKENS", "16")
    fitted = facts(capfd, "calibrate", "--limit", "100", "--seed", "1")
    assert fitted["decisions"] == 100
    assert fitted["temperature"] != 1
    assert 0 < fitted["ece_after"] < 0.4
    assert [row["ask_below"] for row in fitted["thresholds"]][:2] == [0.0, 0.2]
    assert fitted["thresholds"][0]["asked"] == 0.0

    measured = facts(capfd, "tools", "--limit", "10", "--seed", "1")
    assert measured["ece"] != measured["ece_uncalibrated"]
    assert measured["latency_ms"]["p50"] > 0
