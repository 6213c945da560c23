"""What the results of a turn say, in the host's words: what happened, and the last result itself."""

from collections.abc import Sequence

from assistant.agent.facts.answers import Result
from assistant.agent.facts.record import Facts
from assistant.agent.facts.summary import summarise
from assistant.agent.quoting import shown_lines

_SAY_ALL = ("write_file", "edit_file")
"""Tools whose result says no more than the summary."""


def results_told(facts: Facts, results: Sequence[Result]) -> str:
    """The summary of a turn, with the last result below it where that has more to say."""
    last = results[-1]
    text = last.result.text.rstrip()
    failed = not last.result.success and last.result.exit_code is None
    if last.call.tool in _SAY_ALL or failed or not text:
        return summarise(facts)
    return f"{summarise(facts)}{_below(text)}".strip()


def without_result(answer: str, result: str) -> str:
    """``answer`` without the ``result`` that it quotes below, for a screen on which that stands already."""
    return answer.removesuffix(_below(result.rstrip())) if result.strip() else answer


def _below(text: str) -> str:
    return f"\n\n{shown_lines(text.splitlines())}"
