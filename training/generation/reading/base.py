"""What a reading example is: a text, a question about it and the line that answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Form = Literal["line", "result", "done", "ask", "none"]
FORMS: tuple[Form, ...] = ("line", "result", "done", "ask", "none")


@dataclass(frozen=True)
class ReadingExample:
    """A question after the result of a tool call, and how it is answered.

    Invariant: in the form ``line`` the answer stands on ``lines[line]``; in all others there is neither.
    """

    source: str
    """The file that the text is of, or the command that printed it."""
    lines: tuple[str, ...]
    question: str
    form: Form
    """``line`` points at a line, ``result`` at the whole text, ``done`` says that something was carried out,
    ``ask`` that something is missing, ``none`` that the text does not answer the question."""
    line: int | None
    """Index of the right line, from 0."""
    answer: str
    """The short answer as it stands on the line."""
    kind: str
    """What sort of text it is."""
    call: tuple[str, Mapping[str, Any]]
    """The tool call that brought the text."""
