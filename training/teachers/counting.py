"""How many tokens a request has, before it is sent.

Invariant: it is always said how it was counted. ``most_tokens`` is a bound that no prompt exceeds, because a
token is at least one byte; the budget relies on it. tiktoken fetches its vocabularies from the network, once;
where they cannot be had within some seconds, four bytes count as a token.
"""

import asyncio
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from training.teachers.base import TeacherRequest
from training.teachers.replies import Json

if TYPE_CHECKING:
    from tiktoken import Encoding

BYTES_PER_TOKEN = 4
OWN_TOKENS = 1024
"""What a provider may add to a prompt of its own, such as how tools are to be called."""
TURN_TOKENS = 4
VOCABULARY_S = 10.0
ROUGHLY = f"about, at {BYTES_PER_TOKEN} bytes a token"


def most_tokens(request: TeacherRequest) -> int:
    """A bound on the tokens of the prompt, however it is written."""
    return _bytes(request) + OWN_TOKENS


def about(request: TeacherRequest) -> tuple[int, str]:
    """An estimate without any vocabulary."""
    return -(-_bytes(request) // BYTES_PER_TOKEN), ROUGHLY


def _bytes(request: TeacherRequest) -> int:
    asked = [request.system, request.messages, request.tools, request.schema]
    return len(orjson.dumps(asked))


async def tiktoken_count(model: str, body: Json) -> tuple[int, str]:
    """Tokens of the body of a chat completion by OpenAI's own vocabulary, without what it adds to tools."""
    texts = [orjson.dumps(body.get(name)).decode() for name in ("tools", "response_format") if name in body]
    for turn in body["messages"]:
        texts.append(str(turn.get("content") or ""))
        texts += [str(call["function"]) for call in turn.get("tool_calls", ())]
    around = len(body["messages"]) * TURN_TOKENS
    encoding = await asyncio.to_thread(vocabulary, model)
    if encoding is None:
        return sum(-(-len(text.encode()) // BYTES_PER_TOKEN) for text in texts) + around, ROUGHLY
    counted = sum(len(encoding.encode(text, disallowed_special=())) for text in texts)
    return counted + around, f"counted with tiktoken's {encoding.name}"


@cache
def vocabulary(model: str) -> "Encoding | None":
    """The vocabulary of a model, the newest one for a name that tiktoken does not know; None without any."""
    found: list[Any] = []
    thread = threading.Thread(target=_load, args=(model, found), daemon=True)
    thread.start()
    thread.join(VOCABULARY_S)
    return found[0] if found else None


def _load(model: str, found: list[Any]) -> None:
    """In a thread of its own, because nothing ends a download that hangs."""
    import tiktoken

    try:
        try:
            found.append(tiktoken.encoding_for_model(model))
        except KeyError:
            found.append(tiktoken.get_encoding("o200k_base"))
    except (OSError, ValueError):
        return
