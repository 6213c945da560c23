"""Without any server: identity of requests, counting, forms, patience, the keys' journal of replies."""

import asyncio
from dataclasses import replace

import pytest

from tests.training.teachers.conftest import READ, SCHEMA, ask
from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.teachers import chat_form, counting, messages_form
from training.teachers.base import (
    Passing,
    ProviderConfig,
    TeacherError,
    TeacherReply,
    Tokens,
    Unanswered,
    Unusable,
)
from training.teachers.budget import Budget
from training.teachers.counting import OWN_TOKENS, about, most_tokens
from training.teachers.create import create_provider
from training.teachers.identity import reply_from_dict, reply_to_dict, request_key
from training.teachers.patience import Patience
from training.teachers.replies import storable

CONFIG = ProviderConfig("openai", "m", attempts=4, backoff_s=1.0, longest_wait_s=3.0)


def test_a_key_is_the_same_for_the_same_request() -> None:
    assert request_key(CONFIG, ask(tools=(READ,))) == request_key(CONFIG, ask(tools=(READ,)))


@pytest.mark.parametrize(
    "other",
    [
        {"id": "two"},
        {"system": "x"},
        {"messages": (Message("user", text="two"),)},
        {"tools": (READ,)},
        {"choice": "none"},
        {"schema": SCHEMA},
        {"temperature": 0.5},
        {"max_tokens": 5},
        {"top_tokens": 1},
    ],
)
def test_what_a_teacher_is_told_changes_the_key(other: dict[str, object]) -> None:
    assert request_key(CONFIG, ask()) != request_key(CONFIG, replace(ask(), **other))  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [{"model": "n"}, {"provider": "anthropic"}, {"base_url": "http://a"}])
def test_whom_it_is_told_to_changes_the_key(other: dict[str, object]) -> None:
    assert request_key(CONFIG, ask()) != request_key(replace(CONFIG, **other), ask())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other", [{"concurrency": 3}, {"attempts": 1}, {"key_variable": "X"}, {"timeout_s": 1}]
)
def test_how_it_is_told_does_not_change_the_key(other: dict[str, object]) -> None:
    assert request_key(CONFIG, ask()) == request_key(replace(CONFIG, **other), ask())  # type: ignore[arg-type]


def test_a_reply_survives_being_written() -> None:
    reply = TeacherReply(
        text="t",
        calls=(ToolCall("c", "read_file", {"path": "ä"}),),
        data={"score": 0},
        stop="calls",
        shares=(("read_file", 0.75), ("answer", 0.25)),
        top_tokens=((("A", -0.5),), ()),
        tokens=Tokens(1, 2, 3, 4),
        provider="openai",
        model="m",
        cost_usd=0.0,
        prompt_version="v",
    )
    assert reply_from_dict(reply_to_dict(reply)) == reply
    assert reply_from_dict(reply_to_dict(TeacherReply())) == TeacherReply()


def test_text_that_is_no_unicode_is_unusable() -> None:
    with pytest.raises(Unusable, match="no Unicode"):
        storable({"a": "\ud800"})


def test_a_prompt_never_has_more_tokens_than_its_bound() -> None:
    request = ask(messages=(Message("user", text="日本語" * 100),), tools=(READ,), system="s" * 50)
    assert most_tokens(request) >= 900 + 50 + OWN_TOKENS
    estimated, how = about(request)
    assert 200 < estimated < most_tokens(request)
    assert "4 bytes a token" in how


def test_prompts_are_cached_by_openai_under_one_key() -> None:
    own = replace(CONFIG, base_url="")
    one, two = (chat_form.body(own, ask(name, system="s", tools=(READ,))) for name in ("1", "2"))
    assert one["prompt_cache_key"] == two["prompt_cache_key"]
    assert "max_completion_tokens" in one
    compatible = chat_form.body(replace(CONFIG, base_url="http://a/v1"), ask())
    assert {"prompt_cache_key", "max_completion_tokens"}.isdisjoint(compatible)


def test_without_instructions_the_tools_are_marked_for_the_cache() -> None:
    body = messages_form.body(
        replace(CONFIG, provider="anthropic"), ask(tools=(READ, replace(READ, name="b")))
    )
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
    assert "system" not in body


def test_a_call_without_a_result_is_followed_by_one() -> None:
    call = Message("assistant", calls=(ToolCall("c1", "read_file", {"path": "a"}),))
    turns = messages_form.body(
        CONFIG, ask(messages=(Message("user", text="u"), call, Message("user", text="v")))
    )
    assert [block["type"] for block in turns["messages"][2]["content"]] == ["tool_result", "text"]


def test_waits_double_with_jitter_up_to_the_longest() -> None:
    patience = Patience(CONFIG)
    waits = [[patience.wait_s(Passing("x"), number) for _ in range(50)] for number in (1, 2, 3)]
    assert all(0.5 <= one <= 1.0 for one in waits[0])
    assert all(1.0 <= one <= 2.0 for one in waits[1])
    assert all(1.5 <= one <= 3.0 for one in waits[2])
    assert len(set(waits[0])) > 1


def test_what_a_server_asks_to_wait_is_waited_at_least() -> None:
    assert all(2.0 <= Patience(CONFIG).wait_s(Passing("x", asked_s=2.0), 1) <= 2.2 for _ in range(20))


@pytest.mark.parametrize(
    ("problem", "number"),
    [(Passing("x"), 4), (Unusable("x"), 2), (Unanswered("x"), 1), (TeacherError("x"), 1)],
)
def test_what_is_not_passing_or_stays_is_given_up(problem: TeacherError, number: int) -> None:
    with pytest.raises(type(problem), match="x"):
        Patience(CONFIG).wait_s(problem, number)


async def test_a_request_that_does_not_fit_waits_for_those_under_way() -> None:
    budget = Budget(1.0)
    await budget.reserve(0.8)
    waiting = asyncio.create_task(budget.reserve(0.5))
    await asyncio.sleep(0)
    assert not waiting.done()
    await budget.settle(0.8, 0.1)
    await waiting
    assert (budget.spent, budget.reserved) == (0.1, pytest.approx(0.5))


async def test_a_scripted_teacher_is_free_and_says_who_it_is() -> None:
    provider = create_provider(
        ProviderConfig("scripted"), script=lambda request: TeacherReply(text=request.id, stop="end")
    )
    reply = await provider.ask(ask(prompt_version="v1"))
    assert (reply.text, reply.provider, reply.prompt_version) == ("one", "scripted", "v1")
    assert reply.tokens == Tokens()


def test_a_scripted_teacher_needs_a_script() -> None:
    with pytest.raises(TeacherError, match="needs a script"):
        create_provider(ProviderConfig("scripted"))


@pytest.mark.slow
def test_the_sdks_are_not_imported_before_they_are_needed() -> None:
    import subprocess
    import sys

    heavy = "{'openai', 'anthropic', 'httpx2', 'tiktoken', 'keyring', 'training.teachers.run'}"
    show = f"print(sorted({heavy} & set(sys.modules)))"
    code = f"import sys, training.teachers.settings; {show}; import training.teachers.create; {show}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


def test_every_name_of_the_package_can_be_imported() -> None:
    import training.teachers as package

    assert all(getattr(package, name).__name__ == name for name in package.__all__)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = package.nothing_like_it


@pytest.mark.slow
async def test_openais_tokens_are_counted_by_its_vocabulary_or_roughly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The real vocabularies need the network; this one has a token for each byte."""
    import tiktoken

    bytewise = tiktoken.Encoding(
        "bytewise",
        pat_str=r".|\n",
        mergeable_ranks={bytes([one]): one for one in range(256)},
        special_tokens={"<|end|>": 256},
    )
    body = chat_form.body(CONFIG, ask(messages=(Message("user", text="ten bytes!<|end|>"),)))
    monkeypatch.setattr(counting, "vocabulary", lambda model: bytewise)
    assert await counting.tiktoken_count("m", body) == (17 + 4, "counted with tiktoken's bytewise")
    monkeypatch.setattr(counting, "vocabulary", lambda model: None)
    counted, how = await counting.tiktoken_count("m", body)
    assert (counted, how) == (5 + 4, "about, at 4 bytes a token")
