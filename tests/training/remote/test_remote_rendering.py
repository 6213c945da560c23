"""What is sent is what a student behind an endpoint sees, with the right turns in it."""

from dataclasses import replace

import pytest

from tests.training.finetune.tiny import TOOLS, call, talk
from tests.training.remote.conftest import Bench
from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import ANSWER
from training.jobs.base import JobError
from training.remote.base import Sent
from training.remote.costs import TrainingPrice, cost_of_chats, openai_price
from training.remote.create import prepare
from training.remote.rendering import chat_line
from training.student.remote_messages import request
from training.student.settings import StudentSettings

PROMPT = Prompt("Call one tool, or answer.", ())
SHOWN = (
    Message("user", "run it"),
    Message("assistant", calls=(ToolCall("e1", "run_tests", {}),)),
    Message("tool", "1 passed", call_id="e1", tool="run_tests"),
    Message("assistant", "It passes."),
)


def test_the_turns_before_each_decision_are_those_of_run_time() -> None:
    example = call(3)
    line = chat_line(PROMPT, example)
    served = Conversation(PROMPT, (*TOOLS, ANSWER), example.messages[:-1], example.project)
    body = request(served, "m", StudentSettings(), None)
    assert line["messages"][:-1] == body["messages"] and line["tools"] == body["tools"]
    assert line["parallel_tool_calls"] == body["parallel_tool_calls"]
    assert line["messages"][-1] == {"role": "assistant", "content": "It sets x to 3."}


def test_a_call_at_the_end_has_no_result_made_up_behind_it() -> None:
    example = replace(call(3), messages=call(3).messages[:2])
    last = chat_line(PROMPT, example)["messages"][-1]
    assert last["role"] == "assistant" and last["tool_calls"][0]["function"]["name"] == "read_file"


def test_the_examples_of_a_prompt_carry_no_loss() -> None:
    line = chat_line(replace(PROMPT, examples=SHOWN), talk(1))
    assert [turn.get("weight") for turn in line["messages"] if turn["role"] == "assistant"] == [0, 0, None]


def test_openai_asks_for_ten(openai: Bench) -> None:
    lines = (openai.data / "train.jsonl").read_bytes().splitlines(keepends=True)
    (openai.data / "train.jsonl").write_bytes(b"".join(lines[:9]))
    with pytest.raises(JobError, match=r"on at least 10 examples; .* has 9"):
        prepare(openai.order(), openai.folder / "sent")


async def test_a_cost_is_tokens_times_passes_times_the_dated_price(openai: Bench) -> None:
    path = openai.folder / "train.jsonl"
    path.write_bytes(b'{"messages": [{"role": "user", "content": "' + b"a" * 400 + b'"}]}\n')
    found = await cost_of_chats(openai.order(), Sent({"training": path}, 1, 0), openai_price(openai.order()))
    assert found.tokens == 2 * (100 + 4)
    assert found.usd == pytest.approx(208 * 5 / 1e6)
    assert found.at_most_usd == pytest.approx(2 * path.stat().st_size * 5 / 1e6)
    assert "prices of 2026-" in found.basis and "4 bytes a token" in found.basis


async def test_what_nobody_priced_is_not_free(openai: Bench) -> None:
    for base in ("gpt-99", "gpt-5"):
        assert openai_price(openai.order(base=base)) == TrainingPrice(
            None, f"no price is known for tuning {base}"
        )
