"""A conversation as the body of a chat completion request.

Invariant: every call in the body is followed by exactly one result, as hosted endpoints demand, and the
prefix (instructions, tools, examples) is the same bytes in every turn. ``answer`` is not sent as a
tool: plain text is the answer. For an endpoint without native tool calls all is written as text.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.protocol.calls import ANSWER, write_arguments
from tools.protocol.messages import Conversation, Message, Signature
from tools.protocol.render import turns as written_turns
from training.student.settings import StudentSettings

PLAIN_ANSWER = "To answer, write plain text without calling a tool."
WRITTEN_CALL = (
    "To call a tool, write nothing but its name and its arguments as JSON on a line of its own, such as: "
    'read_file {"path": "setup.py"}\nThe result comes in the next turn.'
)
ANSWER_NOW = "Answer now, in plain text; no tool can be called any more."
NOT_KEPT = "(the result is not shown)"

Json = dict[str, Any]


def offered(conversation: Conversation, allowed: Sequence[str] | None) -> dict[str, Signature]:
    """The tools that may be called, by name; empty where only an answer is allowed."""
    return {
        one.name: one
        for one in conversation.signatures
        if one.name != ANSWER and (allowed is None or one.name in allowed)
    }


def may_answer(conversation: Conversation, allowed: Sequence[str] | None) -> bool:
    """Whether plain text is a valid decision."""
    if allowed is not None:
        return ANSWER in allowed
    return any(one.name == ANSWER for one in conversation.signatures) or not conversation.signatures


def request(
    conversation: Conversation, model: str, settings: StudentSettings, allowed: Sequence[str] | None
) -> Json:
    """The body for ``/chat/completions``, streamed.

    Where only an answer is allowed the tools are still named, so that the server's cached prefix holds.
    """
    tools = offered(conversation, allowed)
    listed = tools or offered(conversation, None)
    body: Json = {
        "model": model,
        "messages": messages(conversation),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "max_tokens": max(settings.answer_tokens, settings.call_tokens) if tools else settings.answer_tokens,
    }
    if listed:
        prompt = conversation.prompt
        body["tools"] = [_tool(one, describe=prompt.describes(one.name)) for one in listed.values()]
        body["parallel_tool_calls"] = conversation.prompt.max_calls > 1
        choice = "required" if not may_answer(conversation, allowed) else "auto"
        body["tool_choice"] = choice if tools else "none"
    return body


def written_request(
    conversation: Conversation, model: str, settings: StudentSettings, allowed: Sequence[str] | None
) -> Json:
    """The same without native tool calls: tools, calls and results are text in the turns."""
    told = replace(
        conversation,
        signatures=tuple(one for one in conversation.signatures if one.name != ANSWER),
        project="\n".join(part for part in (WRITTEN_CALL, PLAIN_ANSWER, conversation.project) if part),
    )
    listed = [
        {"role": "user", "content": f"Result:\n{text}"} if role == "tool" else {"role": role, "content": text}
        for role, text in written_turns(told)
    ]
    if not offered(conversation, allowed):
        # In the last turn, because strict templates want the roles to alternate.
        listed[-1] = {**listed[-1], "content": f"{listed[-1]['content']}\n\n{ANSWER_NOW}"}
    body = request(replace(conversation, signatures=()), model, settings, None)
    return {**body, "messages": listed, "max_tokens": max(settings.answer_tokens, settings.call_tokens)}


def messages(conversation: Conversation) -> list[Json]:
    """The turns, the system turn first."""
    prompt = conversation.prompt
    how = PLAIN_ANSWER if conversation.signatures else ""
    system = "\n".join(part for part in (prompt.instructions, how, conversation.project) if part)
    turns: list[Json] = [{"role": "system", "content": system}]
    waiting: dict[str, Json] = {}
    for message in (*prompt.examples, *conversation.messages):
        if message.role == "tool" and message.call_id in waiting:
            waiting.pop(message.call_id)["content"] = message.text
            continue
        turns.append(_turn(message))
        if message.role == "assistant":
            waiting = {call.id: _result(call.id, NOT_KEPT) for call in message.calls}
            turns += waiting.values()
    return turns


def _turn(message: Message) -> Json:
    if message.role == "tool":
        return {"role": "user", "content": f"Result of {message.tool}:\n{message.text}"}
    if not message.calls:
        return {"role": message.role, "content": message.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.tool, "arguments": write_arguments(call.arguments)},
        }
        for call in message.calls
    ]
    return {"role": "assistant", "content": message.thought, "tool_calls": calls}


def _result(call_id: str, text: str) -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def _tool(signature: Signature, *, describe: bool) -> Json:
    function: Json = {"name": signature.name, "parameters": signature.parameters}
    if describe and signature.description:
        function["description"] = signature.description
    return {"type": "function", "function": function}
