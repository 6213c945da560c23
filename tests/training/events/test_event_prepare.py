"""The quick way of an event to its bytes: the same as the careful one, and never past a secret."""

import json
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.events.test_redaction import SECRETS
from training.events import EventLogError
from training.events.base import Event
from training.events.gate import may_hold_secrets
from training.events.ids import new_event
from training.events.incoming import cleaned
from training.events.numbering import Entry
from training.events.prepare import prepare
from training.events.redaction import redact, redact_with_email


def event(data: object) -> Event:
    return new_event("T", "a", "x", data)  # type: ignore[arg-type]


def read_back(given: Event, redactor=redact) -> Event:
    return Entry(*prepare(given, redactor), version=1, sequence=2).stored()


def stored(data: object, redactor=redact) -> dict[str, object]:
    return read_back(event(data), redactor).data  # type: ignore[return-value]


@pytest.mark.parametrize("number", range(len(SECRETS)))
def test_I19_no_known_secret_takes_the_quick_way(number):
    kind, text = SECRETS[number]
    for data in ({"x": text}, {"x": [f"before {text} after"]}, {text: 1}, {"y": json.dumps({"z": text})}):
        _, counts = redact(data)
        assert counts, kind
        assert may_hold_secrets(orjson.dumps(data))
        assert stored(data)["redacted"] == counts


PIECES = ["password", "API_KEY", "token", "=", ": ", '"', "\n", "hunter2hunter2X9", "--", "://", "a:b@h", " "]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.sampled_from(["note", "client_secret"]))
@pytest.mark.slow
def test_I19_what_redaction_would_take_out_is_never_stored(text, key):
    taken, counts = redact({key: text})
    assert stored({key: text}) == ({**taken, "redacted": counts} if counts else taken)


def test_email_counts_only_where_it_is_asked_for():
    data = {"x": "write to jane@example.org"}
    assert stored(data) == data
    assert stored(data, redact_with_email)["redacted"] == {"email": 1}


ATOMS = [
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
]
VALUES = st.recursive(
    st.one_of(*ATOMS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=4))
@pytest.mark.slow
def test_I14_both_ways_store_the_same(data):
    careful = cleaned(event(data), redact)
    assert stored(data) == careful.data


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [1, {"x": float("-inf")}], b"x", {1: 2}, 1 << 70]
)
def test_I14_a_null_that_was_no_number_is_refused(value):
    with pytest.raises(EventLogError):
        prepare(event({"none": None, "x": value}), redact)


def test_what_json_writes_as_text_is_stored_as_text():
    moment, number = datetime(2030, 1, 2, tzinfo=UTC), UUID(int=7)
    for extra in ({}, {"surrogate": "\ud800"}):
        found = stored({"when": moment, "id": number, **extra})
        assert (found["when"], found["id"]) == (moment.isoformat(), str(number))


@pytest.mark.parametrize("text", ['"version":7', ',"version":', 'x","version":1,"sequence":2}'])
def test_text_that_looks_like_the_numbers_does_not_cut_the_event(text):
    assert stored({"x": text}) == {"x": text}


def test_an_event_that_was_stored_gets_new_numbers():
    again = Event(**{**event({}).__dict__, "version": 7, "sequence": 99})
    assert (read_back(again).version, read_back(again).sequence) == (1, 2)


def test_an_ordinary_decision_takes_the_quick_way():
    data = {
        "context": {"request": "what changed in the parser since yesterday?", "cwd": "/home/me/project"},
        "tools_available": [{"name": "git_diff", "description": "Shows what changed."}],
        "usage": {"prompt_tokens": 512, "tokens": 20},
        "confidence": None,
    }
    assert not may_hold_secrets(orjson.dumps(data))
    assert stored(data) == data
