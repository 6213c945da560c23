"""The part of the prompt that is the same in every turn, made to fit the student's window.

Invariant: decided once for each student, so that the bytes never change within a session. The prompt's
last examples leave where they take more than their budget, the tools' descriptions likewise, and it is said.
"""

import json
from dataclasses import dataclass, replace

from assistant.agent.hosting import Serving
from assistant.agent.settings import ContextSettings
from assistant.agent.sizes import TURN_TOKENS, Sizes
from assistant.agent.window import Budget, Fixed
from tools.protocol.messages import Message, Prompt, Signature
from tools.protocol.signatures import compress


@dataclass(frozen=True)
class Prefix:
    """The prompt and the project's instructions as they are sent, what the window's parts may take, and what
    the person should know of it."""

    prompt: Prompt
    project: str
    budget: Budget
    notices: tuple[str, ...] = ()


async def fitted(
    serving: Serving, signatures: tuple[Signature, ...], project: str, sizes: Sizes, settings: ContextSettings
) -> Prefix:
    """The prefix for the student that serves. Raises StudentError."""
    whole = prompt = serving.prompt
    tools = _tools(prompt, signatures, schemas=serving.schemas)
    short = _tools(replace(prompt, describe=False), signatures, schemas=serving.schemas)
    await sizes.learn([prompt.instructions, tools, short])
    await sizes.learn_messages(prompt.examples)
    budget = Budget(settings, serving.window, serving.reply, Fixed())
    left_out = []
    while sizes.messages(prompt.examples) > budget.examples:
        prompt = replace(prompt, examples=_without_last(prompt.examples))
    if gone := _number(whole.examples) - _number(prompt.examples):
        left_out.append(f"{gone} of the prompt's {_number(whole.examples)} examples")
    if sizes.text(tools) > budget.tools and prompt.describe:
        prompt, tools = replace(prompt, describe=False), short
        left_out.append("the descriptions of the tools")
    shown = await _fitting(project, sizes, budget.project)
    if shown != project:
        gone = len(project) - len(shown)
        left_out.append(f"{gone:,} of the {len(project):,} characters of the project's instructions")
    fixed = Fixed(
        instructions=sizes.text(prompt.instructions) + 2 * TURN_TOKENS,
        tools=sizes.text(tools),
        examples=sizes.messages(prompt.examples),
        project=sizes.text(shown),
    )
    budget = replace(budget, fixed=fixed)
    return Prefix(prompt, shown, budget, tuple(_notices(budget, left_out)))


def _notices(budget: Budget, left_out: list[str]) -> list[str]:
    said = []
    if left_out:
        said.append(
            f"the student's window of {budget.window:,} tokens is small: {' and '.join(left_out)} "
            "are left out"
        )
    if budget.tight:
        said.append(
            f"of the student's window of {budget.window:,} tokens {budget.conversation:,} are left for the "
            "conversation; set student.context_tokens higher"
        )
    return said


async def _fitting(project: str, sizes: Sizes, tokens: int) -> str:
    """The head of the project's instructions that fits, whole lines, with a last line that says it is cut."""
    await sizes.learn([project])
    if sizes.text(project) <= tokens:
        return project
    head = project[: sizes.characters(project, tokens)]
    shown = f"{head[: head.rfind(chr(10)) + 1]}[... cut here ...]"
    await sizes.learn([shown])
    return shown


def _tools(prompt: Prompt, signatures: tuple[Signature, ...], *, schemas: bool) -> str:
    """What the student is told of its tools, for its size."""
    if not schemas:
        return "\n".join(compress(one, describe=prompt.describes(one.name)) for one in signatures)
    described = ((one, one.description if prompt.describes(one.name) else "") for one in signatures)
    return json.dumps([(one.name, description, one.parameters) for one, description in described])


def _number(examples: tuple[Message, ...]) -> int:
    return sum(message.role == "user" for message in examples)


def _without_last(examples: tuple[Message, ...]) -> tuple[Message, ...]:
    """``examples`` without the last request and what answers it."""
    last = max((index for index, message in enumerate(examples) if message.role == "user"), default=0)
    return examples[:last]
