"""Redaction over the forms of secrets in which an attacker found gaps."""

import json
import re

import orjson
import pytest

from tests.training.events.third_corpus import HARMLESS, Sample, samples
from training.events.gate import may_hold_secrets
from training.events.redaction import redact

MARK = re.compile(r"\[redacted:[a-z0-9-]+\]")
SAMPLES = list(samples())


def is_gone(sample: Sample) -> bool:
    """Whether something was taken out, and no six characters of a secret in a row are left."""
    cleaned, counts = redact({"output": sample.value})
    text = MARK.sub("", json.dumps(cleaned, ensure_ascii=False))
    pieces = (secret[at : at + 6] for secret in sample.secrets for at in range(max(1, len(secret) - 5)))
    return bool(counts) and not any(piece in text for piece in pieces)


def test_I19_share_of_secrets_taken_out():
    missed = [(sample.value, redact(sample.value)[0]) for sample in SAMPLES if not is_gone(sample)]
    assert 1 - len(missed) / len(SAMPLES) >= 0.98, missed


@pytest.mark.parametrize("seed", [4, 5])
def test_no_secret_is_taken_out_by_chance(seed: int):
    missed = [sample.value for sample in samples(seed) if not is_gone(sample)]
    assert len(missed) <= len(SAMPLES) * 0.03, missed


def test_harmless_texts_that_resemble_them_stay():
    assert [value for value in HARMLESS if redact(value)[1]] == []


def test_gate_stops_at_everything_that_is_taken_out():
    for sample in SAMPLES:
        assert may_hold_secrets(orjson.dumps({"output": sample.value})), sample.value


def test_redacting_twice_changes_nothing():
    once, _ = redact([sample.value for sample in SAMPLES])
    assert redact(once) == (once, {})
