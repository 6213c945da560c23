"""A prompt where other tools are on offer than those that its examples show."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tools.protocol.messages import Message, Prompt, Signature


def for_tools(prompt: Prompt, signatures: Sequence[Signature]) -> Prompt:
    """``prompt`` without the examples that call a tool which is not on offer; where there were such, the
    tools are described, because nothing else says what they are for."""
    names = {one.name for one in signatures}
    turns = list(_turns(prompt.examples))
    kept = [turn for turn in turns if all(call.tool in names for message in turn for call in message.calls)]
    if len(kept) == len(turns):
        return prompt
    examples = tuple(message for turn in kept for message in turn)
    return replace(prompt, examples=examples, describe=True)


def _turns(examples: Sequence[Message]) -> Iterator[list[Message]]:
    """The examples, each from a request on."""
    turn: list[Message] = []
    for message in examples:
        if message.role == "user" and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn
