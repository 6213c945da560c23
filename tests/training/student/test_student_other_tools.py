"""Examples of tools that are not on offer are left out, and then the tools are described."""

from tools.protocol.messages import Signature
from tools.registry import builtin_registry
from training.student.other_tools import for_tools
from training.student.prompt import shipped_prompt

WEATHER = Signature("weather", "Tell the weather.", {"type": "object", "properties": {}})


def test_the_built_in_tools_are_what_the_prompt_was_written_for() -> None:
    small = shipped_prompt("small")
    assert for_tools(small, builtin_registry().signatures()) is small


def test_examples_that_call_what_is_not_on_offer_leave_and_the_tools_are_described() -> None:
    small = shipped_prompt("small")
    fitted = for_tools(small, [WEATHER])
    assert (fitted.examples, fitted.describe) == ((), True)
    assert (fitted.instructions, fitted.max_calls) == (small.instructions, small.max_calls)


def test_a_prompt_without_examples_stays() -> None:
    general = shipped_prompt("general")
    assert for_tools(general, [WEATHER]) is general
