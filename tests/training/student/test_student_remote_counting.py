"""The estimate of tokens at an endpoint without a tokeniser of its own."""

from training.student.base import Usage
from training.student.remote_counting import FEWEST, MOST, Estimate

BODY = {"messages": [{"role": "user", "content": "x" * 3000}]}


def test_it_follows_what_the_endpoint_reported() -> None:
    estimate = Estimate()
    before = estimate.tokens("y" * 1000)
    estimate.learn(BODY, Usage(prompt_tokens=1500))
    assert before < estimate.tokens("y" * 1000) == 494


def test_a_short_prompt_and_an_absurd_report_change_little() -> None:
    estimate = Estimate()
    before = estimate.tokens("y" * 1000)
    estimate.learn(BODY, Usage(prompt_tokens=12))
    assert estimate.tokens("y" * 1000) == before
    estimate.learn(BODY, Usage(prompt_tokens=1 << 20))
    assert estimate.tokens("y" * 1000) == 1000 / FEWEST
    estimate.learn({"messages": ["x" * 100_000]}, Usage(prompt_tokens=201))
    assert estimate.tokens("y" * 1200) == 1200 / MOST


def test_bytes_count_and_not_characters() -> None:
    assert Estimate().tokens("日本語") == 3
