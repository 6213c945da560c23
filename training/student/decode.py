"""Deciding: the tool's name over a token trie, its arguments under a grammar, an answer as free text.

Invariant: whatever this module returns as a call names an offered tool and has arguments that its
grammar accepts. A call that met the token limit is dropped and the decision is marked ``cut``.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER, ANSWER_PREFIX
from tools.protocol.messages import Conversation, Reading, Signature
from training.student.arguments import write_arguments_of
from training.student.base import ContextOverflow, Decision, Kind, Usage, Written
from training.student.confidence import weighed
from training.student.engine import Engine
from training.student.free_text import write_answer, write_thought
from training.student.fusion import Scores
from training.student.hints import given_arguments, odds_for
from training.student.names import choose
from training.student.passages import Passage
from training.student.pointing import Pointer
from training.student.prefixes import Prefixes
from training.student.rendering import Renderer
from training.student.settings import StudentSettings
from training.student.verbatim import kept_verbatim


@dataclass
class _Written:
    """What one decision has written so far."""

    tokens: int = 0
    cut: bool = False
    repeated: bool = False
    calls: list[ToolCall] = field(default_factory=list)
    answer: str = ""


class Decoder:
    """Makes one decision at a time on an engine."""

    def __init__(
        self, engine: Engine, prefixes: Prefixes, settings: StudentSettings, new_id: Callable[[], str]
    ) -> None:
        self._engine = engine
        self._prefixes = prefixes
        self._renderer = Renderer(engine)
        self._pointer = Pointer(engine, prefixes, self._renderer)
        self._settings = settings
        self._new_id = new_id

    def warm(self, conversation: Conversation, kind: Kind) -> None:
        """Evaluate the prompt, and keep its prefix for later processes. Raises as ``decide`` does."""
        prompt = self._renderer.rendered if conversation.messages else self._renderer.head
        self._prefixes.evaluate(prompt(conversation), kind, lasting=True)

    def decide(
        self,
        conversation: Conversation,
        allowed: Sequence[str] | None,
        on_text: Callable[[str], None],
    ) -> Decision:
        """One decision. Raises ContextOverflow, Cancelled, EngineError or TemplateError."""
        started = time.perf_counter()
        prompt = self._renderer.rendered(conversation)
        self._check_room(len(prompt.tokens), self._settings.room_for_reply(self._engine.context_tokens))
        cached = self._prefixes.evaluate(prompt, "agent")
        prefilled = time.perf_counter()
        offered = {s.name: s for s in conversation.signatures if allowed is None or s.name in allowed}
        written = _Written()
        thought, written.tokens = write_thought(self._engine, conversation.prompt.think_tokens)
        hint = conversation.hint
        odds = odds_for(conversation, list(offered.values()))
        choice = choose(self._engine, list(offered), odds, hint.tool if hint else "")
        written.tokens += choice.tokens
        reads = choice.name == ANSWER and _reads(conversation)
        given = given_arguments(hint, choice.name)
        if given is not None:
            self._given(choice.name, given, written, on_text)
        elif choice.name != ANSWER:
            self._calls(choice.name, offered, conversation, written)
        elif not reads:
            self._answer(written, on_text)
        usage = _usage(len(prompt.tokens), cached, written.tokens, started, prefilled)
        confidence, alternatives = weighed(choice.branches)
        return Decision(
            calls=tuple(written.calls),
            answer=written.answer,
            thought=thought,
            confidence=confidence,
            alternatives=alternatives,
            usage=usage,
            cut=written.cut,
            repeated=written.repeated,
            branches=choice.branches,
            reads=reads,
        )

    def scores(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Scores:
        """How results answer. Raises as ``decide`` does."""
        return self._pointer.scores(reading, question, passages)

    def answer(
        self, conversation: Conversation, kind: Kind, limit: int, on_text: Callable[[str], None]
    ) -> Written:
        """Free text of at most ``limit`` tokens. Raises as ``decide`` does."""
        started = time.perf_counter()
        prompt = self._renderer.rendered(conversation)
        limit = limit or self._settings.answer_tokens
        self._check_room(len(prompt.tokens), limit)
        cached = self._prefixes.evaluate(prompt, kind)
        prefilled = time.perf_counter()
        if conversation.signatures:
            self._engine.extend(self._engine.vocabulary.tokenize(ANSWER_PREFIX))
        made = write_answer(self._engine, limit, on_text)
        usage = _usage(len(prompt.tokens), cached, made.tokens, started, prefilled)
        return Written(made.text, usage, made.cut, made.repeated)

    def _check_room(self, prompt: int, to_write: int) -> None:
        needed = prompt + to_write
        if needed > self._engine.context_tokens:
            raise ContextOverflow(needed, self._engine.context_tokens)

    def _given(
        self, name: str, arguments: dict[str, Any], written: _Written, on_text: Callable[[str], None]
    ) -> None:
        """What a correction says, word for word."""
        if name == ANSWER:
            written.answer = str(arguments["text"])
            on_text(written.answer)
        else:
            written.calls.append(ToolCall(self._new_id(), name, arguments))

    def _answer(self, written: _Written, on_text: Callable[[str], None]) -> None:
        made = write_answer(self._engine, self._settings.answer_tokens, on_text)
        written.answer, written.cut, written.repeated = made.text, made.cut, made.repeated
        written.tokens += made.tokens

    def _calls(
        self,
        name: str | None,
        offered: dict[str, Signature],
        conversation: Conversation,
        written: _Written,
    ) -> None:
        """The first call, and further ones on lines of their own while the student goes on."""
        while name is not None:
            made = write_arguments_of(self._engine, offered[name], self._settings.call_tokens)
            written.tokens += made.tokens
            if made.text is None:
                written.cut, written.repeated = True, made.repeated
                return
            # Written under the grammar: only a free object may repeat a key, and then the last one counts.
            arguments = kept_verbatim(json.loads(made.text), offered[name].parameters, conversation.messages)
            written.calls.append(ToolCall(self._new_id(), name, arguments))
            more = len(written.calls) < conversation.prompt.max_calls
            name = self._next_name(offered, written) if more else None

    def _next_name(self, offered: dict[str, Signature], written: _Written) -> str | None:
        """The next call's name where the student begins a new line instead of ending its turn."""
        newline = self._engine.vocabulary.tokenize("\n")
        if int(self._engine.logits().argmax()) != newline[0]:
            return None
        self._engine.extend(newline)
        choice = choose(self._engine, [name for name in offered if name != ANSWER])
        written.tokens += choice.tokens + 1
        return choice.name


def _reads(conversation: Conversation) -> bool:
    """Whether the next answer is pointed at: there is a result, and the student was tuned to point."""
    messages = conversation.messages
    return conversation.prompt.reading is not None and bool(messages) and messages[-1].role == "tool"


def _usage(prompt: int, cached: int, completion: int, started: float, prefilled: float) -> Usage:
    ended = time.perf_counter()
    return Usage(
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        prefill_tokens_per_s=(prompt - cached) / max(prefilled - started, 1e-9),
        decode_tokens_per_s=completion / max(ended - prefilled, 1e-9),
        latency_ms=(ended - started) * 1000,
    )
