"""Prices: from one file with a date, one's own before them, and nothing that is unknown taken for free."""

from pathlib import Path

import pytest

from training.teachers.base import ProviderConfig, ProviderName, TeacherError, Tokens, UnknownPrice
from training.teachers.prices import Price, price_list

PRICE = Price(provider="openai", name="m", input=2, cached=0.5, written=2.5, output=8, batch=0.5)


def config(provider: ProviderName, model: str) -> ProviderConfig:
    return ProviderConfig(provider, model)


def test_each_kind_of_token_has_its_price() -> None:
    assert PRICE.cost(Tokens(1_000_000, 0, 0, 0)) == 2
    assert PRICE.cost(Tokens(1_000_000, 1_000_000, 0, 0)) == 0.5
    assert PRICE.cost(Tokens(1_000_000, 0, 1_000_000, 0)) == 2.5
    assert PRICE.cost(Tokens(0, 0, 0, 1_000_000)) == 8


def test_a_batch_costs_half() -> None:
    assert PRICE.cost(Tokens(1000, 10, 20, 300), batch=True) == PRICE.cost(Tokens(1000, 10, 20, 300)) / 2


def test_long_prompts_cost_more_for_all_of_the_request() -> None:
    price = PRICE.model_copy(update={"long_over": 100, "long_input": 2.0, "long_output": 1.5})
    assert price.cost(Tokens(100, 0, 0, 10)) == PRICE.cost(Tokens(100, 0, 0, 10))
    long = price.cost(Tokens(101, 0, 0, 10))
    assert long == pytest.approx(2 * PRICE.cost(Tokens(101, 0, 0, 0)) + 1.5 * PRICE.cost(Tokens(0, 0, 0, 10)))


@pytest.mark.parametrize("tokens", [Tokens(90, 0, 0, 9), Tokens(100, 60, 40, 10), Tokens(100, 0, 100, 10)])
def test_the_worst_case_is_never_exceeded(tokens: Tokens) -> None:
    assert PRICE.cost(tokens) <= PRICE.worst(100, 10)


@pytest.mark.parametrize(
    ("provider", "model"),
    [("anthropic", "claude-haiku-4-5-20251001"), ("openai", "gpt-4o-mini-2024-07-18"), ("openai", "gpt-4.1")],
)
def test_snapshots_have_the_price_of_their_model(provider: ProviderName, model: str) -> None:
    price = price_list().of(config(provider, model))
    assert model.startswith(price.name)
    assert price.input < price.output
    assert price.source
    assert price.date


def test_an_unknown_model_is_said_with_the_way_to_mend_it() -> None:
    with pytest.raises(UnknownPrice, match=r"gpt-99 of openai: add a \[\[model\]\].*teachers\.prices"):
        price_list().of(config("openai", "gpt-99"))


@pytest.mark.parametrize("provider", ["local", "scripted"])
def test_what_runs_here_costs_nothing(provider: ProviderName) -> None:
    assert price_list().of(config(provider, "any")).worst(10**6, 10**6) == 0


def test_prices_of_ones_own_go_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        'date = "2027-01-01"\n[[model]]\nprovider = "openai"\nname = "gpt-4o"\ninput = 1\noutput = 2\n'
    )
    prices = price_list(own)
    assert prices.of(config("openai", "gpt-4o")).output == 2
    assert prices.of(config("openai", "gpt-4o")).date == "2027-01-01"
    assert prices.of(config("openai", "gpt-4o-mini")).output == 0.6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[model]]\nname = 1", "number 1: provider"),
        ('[[model]]\nprovider = "openai"\nname = "a"\ninput = -1\noutput = 1', "input"),
        ('[[model]]\nprovider = "openai"\nname = "a"\ninput = inf\noutput = 1', "input"),
        ('[[model]]\nprovider = "openai"\nname = "a"\ninput = 1\noutput = 1\nprize = 2', "prize"),
        ("model = 3", r"write \[\[model\]\]"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_wrong_price_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(TeacherError, match=said) as caught:
        price_list(own)
    assert str(own) in str(caught.value)


def test_every_shipped_price_is_complete() -> None:
    for price in price_list().prices.values():
        assert price.cached is not None
        assert price.cached < price.input < price.output
        assert price.batch == 0.5
        assert price.source
