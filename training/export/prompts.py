"""The first two checks of the gate: the same prompts and the same ids, in transformers and in llama.cpp.

The tokenizer of transformers is read from the base GGUF each time: one that was saved and loaded again
splits otherwise. Training takes its ids from llama.cpp, and those have to be the same, all of them. Of what
transformers makes of the same text a few may differ: the two split blanks before digits differently.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.protocol.messages import Conversation, Prompt
from tools.protocol.render import Segment, plain_text, render, turns
from tools.registry import ANSWER
from training.datasets.example import Example
from training.export.checks import Check
from training.export.naming import ExportError
from training.student.other_tools import for_tools
from training.student.vocabulary import Vocabulary

PROMPTS = 200
ALIKE = 0.98
"""Least share of the prompts of which transformers makes the same ids."""


@dataclass(frozen=True)
class Seen:
    """A conversation, what transformers makes of it (the text of its prompt, and its ids), and the ids that
    training has for it."""

    conversation: Conversation
    text: str
    ids: list[int]
    trained: list[int]


def conversations(prompt: Prompt, examples: Sequence[Example], count: int) -> Iterator[Conversation]:
    """So many prompts: the examples again and again, each time with its tools in another order."""
    for number in range(count):
        example = examples[number % len(examples)]
        tools = list(example.tools)
        random.Random(number).shuffle(tools)
        offered = (*tools, ANSWER)
        last = max(at for at, message in enumerate(example.messages) if message.role == "assistant")
        yield Conversation(for_tools(prompt, offered), offered, example.messages[:last], example.project)


def by_transformers(
    base: Path, prompt: Prompt, examples: Sequence[Example], count: int = PROMPTS
) -> list[Seen]:
    """Prompts as transformers has them. Raises ExportError."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(base.parent, gguf_file=base.name)
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise ExportError(f"{base}: transformers cannot read the tokenizer: {error}") from None
    vocabulary = Vocabulary.of(base)
    found = []
    for one in conversations(prompt, examples, count):
        segments = render(one, vocabulary.template)
        trained = vocabulary.tokenize_segments(segments)
        found.append(Seen(one, _text(tokenizer, one), _ids(tokenizer, segments), trained))
    return found


def prompt_checks(model: Path, seen: Sequence[Seen]) -> tuple[Check, Check]:
    """Token ids and prompts of ``model``, which is the exported file, or the base of an exported adapter."""
    vocabulary = Vocabulary.of(model)
    rendered = [render(one.conversation, vocabulary.template) for one in seen]
    pairs = list(zip(rendered, seen, strict=True))
    ids = [vocabulary.tokenize_segments(segments) for segments, _ in pairs]
    return _ids_check(ids, seen), _all("prompts", [plain_text(made) == one.text for made, one in pairs])


def _ids_check(ids: Sequence[Sequence[int]], seen: Sequence[Seen]) -> Check:
    trained = sum(list(made) == one.trained for made, one in zip(ids, seen, strict=True))
    alike = sum(list(made) == one.ids for made, one in zip(ids, seen, strict=True))
    share = alike / len(seen) if seen else 0.0
    said = f"{trained} of {len(seen)} prompts are the same as in training, {alike} as in transformers"
    return Check(
        "token ids", trained == len(seen) and share >= ALIKE, round(share, 4), f"at least {ALIKE:.0%}", said
    )


def _ids(tokenizer: Any, segments: Sequence[Segment]) -> list[int]:
    """Each segment by itself: special tokens count in the template's own text only."""
    found: list[int] = []
    for one in segments:
        found += tokenizer.encode(one.text, add_special_tokens=False, split_special_tokens=not one.control)
    return found


def _text(tokenizer: Any, conversation: Conversation) -> str:
    messages = [{"role": role, "content": content} for role, content in turns(conversation)]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return text


def _all(name: str, same: Sequence[bool]) -> Check:
    share = sum(same) / len(same)
    return Check(name, all(same), round(share, 4), "all", f"{sum(same)} of {len(same)} prompts are the same")
