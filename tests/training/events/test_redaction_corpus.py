"""How many secrets redaction finds, and how often it takes something for one, over two corpora."""

import re

import orjson
import pytest

from tests.training.events.harmless_corpus import made_lines, own_lines
from tests.training.events.secret_corpus import Planted, planted
from training.events.gate import may_hold_secrets
from training.events.redaction import redact

RECALL = 0.98
FALSE_ALARMS = 0.005
MARK = re.compile(r"\[redacted:[a-z0-9-]+\]")
PLANTED = list(planted())


def is_gone(one: Planted) -> bool:
    """Whether nothing of the secret is left but a few characters, and something was put in its place."""
    cleaned, counts = redact({"output": one.text})
    text = MARK.sub("", cleaned["output"])
    pieces = (one.secret[at : at + 8] for at in range(max(1, len(one.secret) - 7)))
    return bool(counts) and not any(piece in text for piece in pieces)


def test_the_corpus_is_as_large_as_it_says():
    assert len(PLANTED) >= 250
    assert len({one.kind for one in PLANTED}) >= 30


def test_I19_at_least_98_of_100_planted_secrets_are_taken_out():
    missed = [one for one in PLANTED if not is_gone(one)]
    assert 1 - len(missed) / len(PLANTED) >= RECALL, sorted({one.kind for one in missed})


@pytest.mark.parametrize("kind", sorted({one.kind for one in PLANTED}))
def test_I19_no_kind_is_missed_altogether(kind):
    assert any(is_gone(one) for one in PLANTED if one.kind == kind)


def test_only_the_secret_is_taken_out():
    """All but one in 100 keep every character around the secret."""
    damaged = []
    for one in PLANTED:
        if not is_gone(one) or one.kind.startswith(("pem", "aws beside", "aws below")):
            continue
        (text,) = redact([one.text])[0]
        if not (text.startswith(one.before) and text.endswith(one.after)):
            damaged.append((one.kind, one.text, text))
    assert len(damaged) <= len(PLANTED) / 100, damaged[:5]


@pytest.mark.slow
def test_at_most_1_of_200_harmless_lines_is_changed():
    for lines in (list(made_lines()), list(own_lines())):
        assert len(lines) >= 2000
        changed = [(line, found[0]) for line in lines if (found := redact(line))[1]]
        assert len(changed) <= FALSE_ALARMS * len(lines), changed[:20]


def test_I19_the_gate_stops_at_everything_that_is_taken_out():
    for one in PLANTED:
        data = {"output": one.text}
        if redact(data)[1]:
            assert may_hold_secrets(orjson.dumps(data)), one.kind
            assert may_hold_secrets(orjson.dumps({"nested": orjson.dumps(data).decode()})), one.kind


def test_redacting_twice_changes_nothing():
    once, _ = redact([one.text for one in PLANTED])
    assert redact(once) == (once, {})
