"""An example as token ids: the very bytes that the student sees at run time, and what it should say.

Invariant: what comes before an assistant's turn is what ``tools.protocol.render`` gives for the conversation
up to there, and the turn itself is tokenised piece by piece as the decoder writes it (name, arguments,
newline; ``answer`` and its newline, text), so that no token of training spans a boundary of decoding. Loss is
on the assistant's turns and on the token that ends them, nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.protocol.calls import ANSWER_PREFIX, write_arguments
from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.protocol.render import render
from tools.registry import ANSWER
from training.datasets.example import Example
from training.finetune.reading import rendered_reading
from training.finetune.rendered import Rendered, Sort
from training.finetune.tokens import Tokens
from training.student.other_tools import for_tools

__all__ = ["Rendered", "Tokens", "completion", "prefix_of", "rendered"]

RESTRAINED = ("no_tool", "ask", "chat")
"""Kinds of examples in which no tool is right."""


def prefix_of(
    tokens: Tokens, prompt: Prompt, tools: Sequence[Signature], project: str = ""
) -> tuple[int, ...]:
    """What is the same in every conversation over these tools, whatever is said in it."""
    offered = (*tools, ANSWER)
    empty = Conversation(for_tools(prompt, offered), offered, (), project)
    one, other = (
        tokens.tokenize_segments(render(_said(empty, text), tokens.template)) for text in ("a", "b")
    )
    same = next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return tuple(one[:same])


def rendered(tokens: Tokens, prompt: Prompt, example: Example, tools: Sequence[Signature] = ()) -> Rendered:
    """The example over its tools, or over the same ones in another order, masked or reduced.

    Where the prompt says how to read, answers from results carry no loss on their text: they are pointed at.
    """
    if example.reading:
        return rendered_reading(tokens, prompt, example)
    tools = tuple(tools or example.tools)
    prefix = prefix_of(tokens, prompt, tools, example.project)
    offered = (*tools, ANSWER)
    whole = Conversation(for_tools(prompt, offered), offered, example.messages, example.project)
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    texts: list[tuple[int, int]] = []
    opening = len(tokens.tokenize(ANSWER_PREFIX))
    for at, message in enumerate(example.messages):
        if message.role == "assistant":
            shown = render(replace(whole, messages=example.messages[:at]), tokens.template)
            before = tokens.tokenize_segments(shown)[len(prefix) :]
            if before[: len(ids)] != ids:  # an earlier turn reads otherwise than it is written: no loss on it
                spans, texts = [], []
            ids = [*before, *completion(tokens, message), tokens.end]
            reads = prompt.reading is not None and at > 0 and example.messages[at - 1].role == "tool"
            if reads and not message.calls:
                spans.append((len(before), len(before) + opening))
                continue
            spans.append((len(before), len(ids)))
            if not message.calls:
                texts.append((len(before) + opening, len(ids)))
    if example.messages[-1].role != "assistant":
        raise ValueError("an example ends with the assistant's turn")
    shares = _first_ids(tokens, example.shares)
    return Rendered(prefix, tuple(ids[: spans[-1][1]]), tuple(spans), tuple(texts), shares, _sort(example))


def _sort(example: Example) -> Sort:
    if example.messages[-1].calls:
        return "call"
    return "restraint" if example.kind in RESTRAINED else "other"


def completion(tokens: Tokens, message: Message) -> list[int]:
    """What the student writes in this turn, without the token that ends it."""
    if not message.calls:
        return [*tokens.tokenize(ANSWER_PREFIX), *tokens.tokenize(message.text)]
    ids: list[int] = []
    for call in message.calls:
        if ids:
            ids += tokens.tokenize("\n")
        ids += tokens.tokenize(call.tool)
        ids += tokens.tokenize(" " + write_arguments(call.arguments))
    return ids


def _first_ids(tokens: Tokens, shares: Mapping[str, float]) -> dict[int, float]:
    """Shares over tools as shares over the ids that their names begin with."""
    found: dict[int, float] = {}
    for tool, share in shares.items():
        first = tokens.tokenize(ANSWER_PREFIX if tool == ANSWER.name else tool)[0]
        found[first] = found.get(first, 0.0) + share
    return found


def _said(conversation: Conversation, text: str) -> Conversation:
    return replace(conversation, messages=(Message("user", text),))
