"""Both APIs over their SDKs: what is asked for arrives, and what is replied is understood."""

import asyncio
import json

import pytest

from tests.training.teachers.conftest import READ, SCHEMA, Bench, ask
from tests.training.teachers.servers import anthropic_server, openai_server
from tests.training.teachers.servers.http import reply
from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.teachers.base import TeacherError, Tokens, Unanswered

pytestmark = pytest.mark.slow


async def test_a_text_comes_with_its_counts(bench: Bench) -> None:
    server = await bench.server()
    got = await bench.provider(server).ask(ask("hello"))
    assert got.text == "echo hello"
    assert got.stop == "end"
    assert got.provider == bench.name
    assert got.latency_ms > 0
    written = 0 if bench.name == "openai" else 10
    assert got.tokens == Tokens(100, 40 if bench.name == "openai" else 30, written, 10)


async def test_a_call_names_an_offered_tool(bench: Bench) -> None:
    server = await bench.server(rule=lambda _: bench.calls(("read_file", {"path": "a.py"})))
    got = await bench.provider(server).ask(ask(tools=(READ,), choice="required"))
    assert [(call.tool, call.arguments) for call in got.calls] == [("read_file", {"path": "a.py"})]
    assert got.stop == "calls"
    sent = server.chats[0].json
    if bench.name == "openai":
        assert sent["tools"][0]["function"]["parameters"] == READ.parameters
        assert sent["tool_choice"] == "required"
    else:
        assert sent["tools"][0]["input_schema"] == READ.parameters
        assert sent["tool_choice"] == {"type": "any"}


async def test_a_conversation_is_sent_with_each_result_after_its_call(bench: Bench) -> None:
    server = await bench.server()
    call = ToolCall("c1", "read_file", {"path": "a.py"})
    turns = (
        Message("user", text="read it"),
        Message("assistant", calls=(call,), thought="I look."),
        Message("tool", text="x = 1", call_id="c1", tool="read_file"),
        Message("user", text="and now?"),
    )
    await bench.provider(server).ask(ask(messages=turns, tools=(READ,), system="You teach."))
    sent = server.chats[0].json
    if bench.name == "openai":
        assert [turn["role"] for turn in sent["messages"]] == ["system", "user", "assistant", "tool", "user"]
        assert sent["messages"][3] == {"role": "tool", "tool_call_id": "c1", "content": "x = 1"}
    else:
        assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "user"]
        assert sent["messages"][1]["content"][1]["input"] == {"path": "a.py"}
        assert [block["type"] for block in sent["messages"][2]["content"]] == ["tool_result", "text"]


async def test_the_stable_part_is_marked_for_the_cache_and_is_the_same_bytes(bench: Bench) -> None:
    server = await bench.server()
    provider = bench.provider(server)
    for name in ("one", "two"):
        await provider.ask(ask(name, system="You teach.", tools=(READ,)))
    first, second = (one.json for one in server.chats)
    if bench.name == "anthropic":
        assert first["system"][0]["cache_control"] == {"type": "ephemeral"}
        assert (first["system"], first["tools"]) == (second["system"], second["tools"])
    else:
        assert json.dumps(first["messages"][0]) == json.dumps(second["messages"][0])


async def test_structured_data_fits_its_schema(bench: Bench) -> None:
    server = await bench.server(rule=lambda _: bench.says('{"score": 3}'))
    got = await bench.provider(server).ask(ask(schema=SCHEMA))
    assert got.data == {"score": 3}
    sent = server.chats[0].json
    wanted = (
        sent["response_format"]["json_schema"] if bench.name == "openai" else sent["output_config"]["format"]
    )
    assert wanted["schema"] == SCHEMA


@pytest.mark.parametrize("wrong", ['{"score": "three"}', "three", '{"score": 1', '{"score": 1, "why": 2}'])
async def test_structured_data_that_does_not_fit_is_asked_for_once_more(bench: Bench, wrong: str) -> None:
    replies = iter([wrong, '{"score": 3}'])
    server = await bench.server(rule=lambda _: bench.says(next(replies)))
    got = await bench.provider(server).ask(ask(schema=SCHEMA))
    assert got.data == {"score": 3}


async def test_a_reply_that_is_unusable_twice_is_not_paid_for_a_third_time(bench: Bench) -> None:
    server = await bench.server(rule=lambda _: bench.says("no JSON"))
    with pytest.raises(Unanswered, match="not the JSON that was asked for"):
        await bench.provider(server).ask(ask(schema=SCHEMA))
    assert len(server.chats) == 2


@pytest.mark.parametrize("made", [("rm_rf", {}), ("read_file", "{'path'"), ("read_file", "[1]")])
async def test_calls_of_nothing_on_offer_or_in_no_form_are_not_given_out(
    bench: Bench, made: tuple[str, object]
) -> None:
    server = await bench.server(rule=lambda _: bench.calls(made))
    with pytest.raises(Unanswered, match="the teacher called"):
        await bench.provider(server).ask(ask(tools=(READ,)))


async def test_a_cut_reply_loses_its_last_call(bench: Bench) -> None:
    whole, broken = ("read_file", {"path": "a"}), ("read_file", '{"path": "b')
    server = await bench.server(rule=lambda _: bench.calls(whole, broken, cut=True))
    got = await bench.provider(server).ask(ask(tools=(READ,)))
    assert [call.arguments for call in got.calls] == [{"path": "a"}]
    assert got.stop == "length"


async def test_a_refusal_is_a_reply(bench: Bench) -> None:
    server = await bench.server(rule=lambda _: bench.refuses())
    got = await bench.provider(server).ask(ask(schema=SCHEMA))
    assert (got.stop, got.data) == ("refusal", None)
    assert len(server.chats) == 1


async def test_what_a_model_does_not_take_is_left_out_from_then_on_and_said(bench: Bench) -> None:
    said: list[str] = []
    message = "`temperature` is deprecated for this model."
    error = {"error": {"type": "invalid_request_error", "message": message}}
    server = await bench.server(reply(400, error))
    provider = bench.provider(server, said=said.append, temperature=0.7)
    await provider.ask(ask("one"))
    await provider.ask(ask("two"))
    assert ["temperature" in one.json for one in server.chats] == [True, False, False]
    assert [line for line in said if "temperature" in line]
    assert provider.patience.attempts == 2


async def test_no_more_requests_are_under_way_than_the_configuration_allows(bench: Bench) -> None:
    server = await bench.server(delay_s=0.01)
    provider = bench.provider(server, concurrency=3)
    await asyncio.gather(*(provider.ask(ask(str(number))) for number in range(12)))
    assert server.http.most_open == 3


async def test_log_probabilities_come_with_a_text(openai_bench: Bench) -> None:
    likely, other = {"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.4}
    entry = {**likely, "top_logprobs": [likely, other]}
    server = await openai_bench.server(
        rule=lambda _: openai_server.completion("A", logprobs={"content": [entry]})
    )
    got = await openai_bench.provider(server).ask(ask(top_tokens=2))
    assert got.top_tokens == ((("A", -0.1), ("B", -2.4)),)
    assert server.chats[0].json["top_logprobs"] == 2


async def test_tokens_are_counted_by_the_api_that_has_a_count(anthropic_bench: Bench) -> None:
    server = await anthropic_bench.server()
    counted = await anthropic_bench.provider(server).count(ask(tools=(READ,), system="You teach."))
    assert counted == (123, "counted by Anthropic")


async def test_where_nothing_can_be_counted_it_is_counted_roughly_and_asked_no_more(
    anthropic_bench: Bench,
) -> None:
    server = await anthropic_bench.server()
    server.counts = False
    provider = anthropic_bench.provider(server)
    assert [(await provider.count(ask()))[1] for _ in range(3)] == ["about, at 4 bytes a token"] * 3
    assert len(server.requests) == 1


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": 2}, "many"])
async def test_J09_counts_that_cannot_be_true_are_none(openai_bench: Bench, usage: object) -> None:
    server = await openai_bench.server(rule=lambda _: openai_server.completion(usage=usage))
    assert (await openai_bench.provider(server).ask(ask())).tokens is None


async def test_more_cached_tokens_than_there_are_count_as_all_of_them(openai_bench: Bench) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 50}}
    server = await openai_bench.server(rule=lambda _: openai_server.completion(usage=usage))
    assert (await openai_bench.provider(server).ask(ask())).tokens == Tokens(5, 5, 0, 1)


async def test_thinking_is_not_part_of_the_text(anthropic_bench: Bench) -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    whole = anthropic_server.message(thinking, anthropic_server.text("done"))
    server = await anthropic_bench.server(rule=lambda _: whole)
    assert (await anthropic_bench.provider(server).ask(ask())).text == "done"


async def test_a_model_has_to_be_named() -> None:
    from training.teachers.base import ProviderConfig
    from training.teachers.create import create_provider

    with pytest.raises(TeacherError, match="--model"):
        create_provider(ProviderConfig("openai"))
