"""Prompts as tokens: what is shared by all prompts of a head, and what is tokenised only once."""

from typing import cast

from tests.training.student.conftest import talk
from tests.training.student.fake_engine import FakeEngine
from tools.protocol.messages import Message, Prompt
from tools.protocol.render import plain_text, render
from training.student.engine import Engine
from training.student.rendering import LONGEST_KEPT, Renderer

HELLO = talk(Message("user", "hello"))


def made() -> tuple[FakeEngine, Renderer]:
    engine = FakeEngine()
    return engine, Renderer(cast(Engine, engine))


def text(tokens: object) -> str:
    return bytes(token % 1000 for token in cast(list[int], tokens)).decode()


def test_the_prefix_ends_where_the_person_speaks() -> None:
    _, renderer = made()
    rendered = renderer.rendered(HELLO)
    whole = plain_text(render(HELLO))
    assert text(rendered.tokens) == whole
    assert text(rendered.prefix) == whole[: whole.rindex("hello")]


def test_every_conversation_of_a_head_has_the_same_prefix() -> None:
    _, renderer = made()
    longer = talk(*HELLO.messages, Message("assistant", "Hi."), Message("user", "open a.py"))
    prefixes = {renderer.rendered(one).prefix for one in (HELLO, longer, talk(Message("user", "")))}
    assert len(prefixes) == 1
    assert renderer.rendered(talk(Message("user", "hello"), prompt=Prompt("Other."))).prefix not in prefixes


def test_a_conversation_that_the_person_does_not_open_shares_what_it_can() -> None:
    _, renderer = made()
    rendered = renderer.rendered(talk(Message("assistant", "Welcome.")))
    assert tuple(rendered.tokens[: len(rendered.prefix)]) == rendered.prefix
    assert text(rendered.prefix).endswith("<|im_start|>")


def test_a_head_alone_is_the_prefix_of_what_comes() -> None:
    _, renderer = made()
    head = renderer.head(talk())
    assert head.tokens == head.prefix == renderer.rendered(HELLO).prefix


def test_what_was_tokenised_is_not_tokenised_again_but_for_long_texts() -> None:
    engine, renderer = made()
    long = "x" * (LONGEST_KEPT + 1)
    renderer.rendered(talk(Message("user", long)))
    engine.tokenized.clear()
    renderer.rendered(talk(Message("user", long), Message("assistant", "new")))
    assert "answer\nnew" in engine.tokenized
    assert long in engine.tokenized
    assert len(engine.tokenized) <= 3
