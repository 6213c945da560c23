"""What a calibration says in plain text."""

from assistant.cli.eval_text import calibration_text

FACTS = {
    "model": "embedded",
    "adapter": "mine.gguf",
    "source": "cases\x1b[2J.jsonl",
    "selection": "all",
    "temperature": 1.472,
    "decisions": 300,
    "ece_before": 0.165,
    "ece_after": 0.0604,
    "thresholds": [
        {"ask_below": 0.0, "asked": 0.0, "right": 0.3936},
        {"ask_below": 0.9, "asked": 1.0, "right": None},
    ],
}


def test_a_calibration_is_its_fit_what_follows_and_what_a_bound_would_do() -> None:
    text = calibration_text(FACTS)
    assert text.splitlines()[0] == "embedded + mine.gguf on cases.jsonl, tools offered: all"
    assert "temperature 1.47, fitted to 300 decisions" in text
    assert "calibration error 0.165 before, 0.060 after" in text
    assert "config set student.ask_below BOUND" in text
    assert [line.split() for line in text.splitlines()[-2:]] == [
        ["0.0", "0.0", "%", "39.4", "%"],
        ["0.9", "100.0", "%", "-"],
    ]
