"""What the ranker sees of a request."""

import time

import pytest

from tools.selection.features import BUCKETS, MOST_CHARACTERS, buckets, buckets_of, words


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Show me src/app.py", ["show", "me", "§file"]),
        ("what's in ./lib/?", ["what's", "in", "§path", "?"]),
        ("list *.py", ["list", "§file"]),
        ("where is parse_config used", ["where", "is", "§name", "used"]),
        ("find HttpClient", ["find", "§name"]),
        ("how does json.dumps work", ["how", "does", "§name", "work"]),
        ("call main()", ["call", "§name"]),
        ("fetch https://a.org/x.html now", ["fetch", "§url", "now"]),
        ("what is 17 * 3.5?", ["what", "is", "§number", "§sum", "§number", "?"]),
        ("run `make`", ["run", "make", "§code"]),
        ('say "Hi"', ["say", "hi", "§quote"]),
        ("Tests ausführen", ["tests", "ausführen"]),
        ("列出文件", ["列出文件"]),
        ("", []),
        (" \n\t ", []),
        ("?!,;", []),
        ("no punctuation:", ["no", "punctuation", ":"]),
    ],
)
def test_words_are_kept_and_names_become_what_they_are(text: str, seen: list[str]) -> None:
    assert words(text) == seen


def test_a_slip_of_the_pen_shares_pieces_with_the_right_word() -> None:
    right, slip, other = (set(buckets_of(word)) for word in ("directory", "direcotry", "commit"))
    assert len(right & slip) >= 6 > len(right & other)


def test_features_are_hashed_into_the_buckets() -> None:
    found = buckets("run the tests, please")
    assert found and all(0 <= bucket < BUCKETS for bucket in found)


def test_the_order_of_words_counts() -> None:
    assert sorted(buckets("test the run")) != sorted(buckets("run the test"))


@pytest.mark.parametrize("text", ["a" * 10**6, "a." * 10**6, "/" * 10**6, "_(" * 10**6, "\ud800 x" * 10**5])
def test_a_hostile_text_costs_little(text: str) -> None:
    started = time.process_time()
    assert len(buckets(text)) <= MOST_CHARACTERS
    assert time.process_time() - started < 0.5


def test_the_beginning_and_the_end_of_a_long_request_count() -> None:
    seen = words(" ".join(["first", *["middle"] * 500, "last"]))
    assert (seen[0], seen[-1], len(seen)) == ("first", "last", 64)
