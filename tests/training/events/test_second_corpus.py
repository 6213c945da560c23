"""Redaction over wordings that it was not written for: the second half of a corpus made afterwards."""

import json
import re
import sysconfig
from pathlib import Path

import orjson
import pytest

from tests.training.events.second_corpus import HARMLESS, Sample, samples
from training.events.gate import may_hold_secrets
from training.events.redaction import redact

MARK = re.compile(r"\[redacted:[a-z0-9-]+\]")
SAMPLES = list(samples())
AT_LEAST = (0.97, 0.84)
"""The share of each half that is taken out. The rules were improved by the first half alone."""


def is_gone(sample: Sample) -> bool:
    """Whether something was taken out, and no eight characters of a secret in a row are left."""
    cleaned, counts = redact({"output": sample.value})
    text = MARK.sub("", json.dumps(cleaned, ensure_ascii=False)).replace("\\n", "\n")
    pieces = (secret[at : at + 8] for secret in sample.secrets for at in range(max(1, len(secret) - 7)))
    return bool(counts) and not any(piece in text for piece in pieces)


def test_corpus_is_as_large_as_the_documents_say():
    assert len(SAMPLES) >= 350
    assert len(HARMLESS) >= 330


@pytest.mark.parametrize("half", [0, 1])
def test_I19_share_of_secrets_taken_out(half: int):
    chosen = [sample for sample in SAMPLES if sample.half == half]
    missed = [(sample.kind, sample.value) for sample in chosen if not is_gone(sample)]
    assert 1 - len(missed) / len(chosen) >= AT_LEAST[half], missed


@pytest.mark.parametrize("kind", sorted({sample.kind for sample in SAMPLES}))
def test_no_kind_is_missed_altogether(kind: str):
    for half in (0, 1):
        assert any(is_gone(sample) for sample in SAMPLES if (sample.kind, sample.half) == (kind, half))


def test_at_most_1_of_100_harmless_texts_is_changed():
    changed = [(value, redact(value)[0]) for value in HARMLESS if redact(value)[1]]
    assert len(changed) <= len(HARMLESS) / 100, changed


def test_gate_stops_at_everything_that_is_taken_out():
    for sample in SAMPLES:
        if redact(sample.value)[1]:
            assert may_hold_secrets(orjson.dumps({"output": sample.value})), sample.value


def test_redacting_twice_changes_nothing():
    once, _ = redact([sample.value for sample in SAMPLES])
    assert redact(once) == (once, {})


@pytest.mark.slow
def test_source_code_stays():
    """Python's own library: at most one mark in a quarter of its files."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    lines = marks = 0
    for path in sorted(folder.glob("*.py"))[::4]:
        text = path.read_text(encoding="utf-8", errors="replace")
        lines += text.count("\n")
        marks += sum(redact(text)[1].values())
    assert lines > 15_000
    assert marks <= 1
