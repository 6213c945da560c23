"""What servers on loopback say as teachers: they word requests anew, grade and label."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.training.teachers.servers import anthropic_server, openai_server
from tests.training.teachers.servers.anthropic_server import AnthropicServer
from tests.training.teachers.servers.openai_server import OpenAIServer

Json = dict[str, Any]
OPENINGS = ["open", "could you read", "I need to see", "what stands in", "show me"]
GRADE = {"tool": 2, "arguments": 1, "answer": 2, "words": "Right, \x1b[31mbut vague."}


def _said(prompt: str) -> str:
    """The structured reply to a prompt."""
    if "Decision to grade:" in prompt:
        return json.dumps(GRADE)
    words = json.loads(prompt.split("Verbatim:\n")[1].splitlines()[0])
    people = prompt.split("People:\n")[1].strip().splitlines()
    given = " and ".join(words) or str(abs(hash(prompt)))
    made = [{"request": f"{OPENINGS[n % 5]} {given}", "answer": ""} for n in range(len(people))]
    return json.dumps({"requests": made})


def openai_rule(body: Json) -> Json:
    prompt = str(body["messages"][-1]["content"])
    if body.get("top_logprobs"):
        top = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -2.5}]
        return openai_server.completion("a", logprobs={"content": [{"top_logprobs": top}]})
    if body.get("tools"):
        return openai_server.completion(None, calls=(("read_file", {"path": prompt.split()[-1]}),))
    return openai_server.completion(_said(prompt))


def anthropic_rule(body: Json) -> Json:
    prompt = anthropic_server.asked_last(body)
    if body.get("tools"):
        call = anthropic_server.use("search_files", {"pattern": (prompt.split() or ["all"])[-1]})
        return anthropic_server.message(call, stop="tool_use")
    return anthropic_server.message(anthropic_server.text(_said(prompt)))


def server_of(protocol: str, **given: Any) -> OpenAIServer | AnthropicServer:
    if protocol == "openai":
        return OpenAIServer(rule=openai_rule, **given)
    return AnthropicServer(rule=anthropic_rule, **given)


@contextmanager
def serving(*servers: OpenAIServer | AnthropicServer) -> Iterator[None]:
    """In a thread of their own, so that a command may have a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def done(work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(5)

    for server in servers:
        done(server.__aenter__())
    try:
        yield
    finally:
        for server in servers:
            done(server.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
