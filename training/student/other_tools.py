"""A prompt where other tools are on offer than those that its examples show."""

from collections.abc import Sequence
from dataclasses import replace

from tools.protocol.messages import Prompt, Signature


def for_tools(prompt: Prompt, signatures: Sequence[Signature]) -> Prompt:
    """``prompt`` as it is where all that its examples call is on offer.

    Else without examples, and with the tools described, because nothing else says what they are for: a small
    student copies the examples, and those that are left when some go would only show it answers.
    """
    names = {one.name for one in signatures}
    if all(call.tool in names for message in prompt.examples for call in message.calls):
        return prompt
    return replace(prompt, examples=(), describe=True)
