"""What a request shares with the description of an unknown tool counts where a name is chosen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.registry import ANSWER, builtin_registry
from training.student.base import StudentError
from training.student.engine import Engine
from training.student.likeness import odds_of_unknown
from training.student.names import choose
from training.student.prompt import parse_prompt

WEATHER = Signature(
    "get_forecast", "Get the weather forecast for a city", {"type": "object", "properties": {}}
)
TICKET = Signature("get_ticket", "Show a ticket of the tracker", {"type": "object", "properties": {}})
BUILT_IN = builtin_registry().signatures()
PROMPT = Prompt("", known=tuple(one.name for one in BUILT_IN), likeness=2.0)


def asked(text: str, prompt: Prompt = PROMPT) -> Conversation:
    return Conversation(prompt, (*BUILT_IN, WEATHER, TICKET), (Message("user", text=text),))


def odds(conversation: Conversation) -> dict[str, float]:
    return dict(odds_of_unknown(conversation, conversation.signatures))


def test_only_tools_that_the_student_does_not_know_have_odds() -> None:
    assert set(odds(asked("what is the weather in Hamburg?"))) == {"get_forecast", "get_ticket"}
    nothing_known = replace(PROMPT, known=())
    assert ANSWER.name not in odds(asked("what is the weather in Hamburg?", nothing_known))


def test_what_is_like_the_request_gains_and_what_is_not_loses() -> None:
    found = odds(asked("what is the weather forecast for the city of Hamburg?"))
    assert found["get_forecast"] > 0 > found["get_ticket"]
    once = odds(asked("what is the weather forecast for the city of Hamburg?", replace(PROMPT, likeness=1.0)))
    assert found == {name: pytest.approx(2 * value) for name, value in once.items()}


@pytest.mark.parametrize(
    "request_", ["wie wird das Wetter morgen in Hamburg?", "météo Paris demain ?", "天气怎么样?", "", "   "]
)
def test_another_language_than_that_of_the_descriptions_says_nothing(request_: str) -> None:
    assert odds(asked(request_)) == {}


def test_a_prompt_that_does_not_ask_for_it_and_a_result_that_was_read_add_nothing() -> None:
    conversation = asked("what is the weather in Hamburg?")
    assert odds(replace(conversation, prompt=replace(PROMPT, likeness=0.0))) == {}
    read = Message("tool", text="the weather is fine", call_id="1", tool="get_forecast")
    assert odds(replace(conversation, messages=(*conversation.messages, read))) == {}
    assert odds(replace(conversation, messages=())) == {}


def test_the_factor_is_read_from_the_prompt_file() -> None:
    assert parse_prompt('instructions = "x"\nlikeness = 1.5', "p").likeness == 1.5
    with pytest.raises(StudentError, match="p: likeness"):
        parse_prompt('instructions = "x"\nlikeness = -1', "p")


class Undecided:
    """An engine of bytes that finds all tokens equally likely but those that it ``prefers``."""

    def __init__(self, prefers: Sequence[int] = ()) -> None:
        self.vocabulary = self
        self._prefers = list(prefers)

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        return list(text.encode())

    def extend(self, tokens: Sequence[int]) -> None:
        pass

    def logits(self) -> Any:
        scores = np.zeros(256)
        scores[self._prefers] = 1.0
        return scores


NAMES = ("answer", "get_forecast", "get_ticket")


def chosen(engine: Undecided, **odds_of: float) -> str:
    return choose(cast(Engine, engine), NAMES, odds_of).name


def test_odds_are_weighed_against_what_the_student_thinks() -> None:
    wants_answer = Undecided(prefers=b"a")
    assert chosen(wants_answer) == "answer"
    assert chosen(wants_answer, get_ticket=0.9) == "answer"
    assert chosen(wants_answer, get_ticket=1.1) == "get_ticket"
    assert chosen(Undecided(prefers=b"g"), get_ticket=-1.1, get_forecast=-1.1) == "answer"


def test_names_that_begin_alike_are_told_apart_by_their_odds() -> None:
    assert chosen(Undecided(), get_ticket=2.0, get_forecast=1.0) == "get_ticket"
    assert chosen(Undecided(), get_ticket=1.0, get_forecast=2.0) == "get_forecast"
    share = choose(cast(Engine, Undecided()), NAMES, {"get_ticket": 2.0, "get_forecast": 1.0}).branches
    assert share[0][0] == ("get_*", pytest.approx(np.exp(2) / (np.exp(2) + 1)))


def test_a_branch_that_one_name_was_pushed_to_holds_no_other() -> None:
    class Torn(Undecided):
        """Wants an answer; after ``get_``, a ticket."""

        def logits(self) -> Any:
            scores = np.zeros(256)
            scores[list(b"at")] = 2.0
            return scores

    pushed = {"get_forecast": 2.5, "answer": -1.0}
    engine = cast(Engine, Torn())
    assert choose(engine, NAMES).name == "answer"
    assert choose(engine, NAMES, pushed, "get_forecast").name == "get_forecast"
    weaker = {"get_forecast": 1.5}
    assert choose(engine, NAMES, weaker, "get_forecast").name == "answer"
    own = choose(cast(Engine, Undecided(prefers=b"gt")), NAMES, {"get_forecast": 0.5}, "get_forecast")
    assert own.name == "get_ticket"  # the branch was the student's own choice
