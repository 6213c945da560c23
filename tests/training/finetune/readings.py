"""Examples of reading, made by hand."""

from training.generation.reading.base import ReadingExample
from training.generation.reading.examples import as_example

OVEN = ("# Bread", "", "- flour: 500 g", "- oven: 230 °C", "")
CALL = ("read_file", {"path": "oven.md"})


def reading(question="how hot is the oven?", form="line", line=3, answer="230 °C", lines=OVEN, call=CALL):
    made = ReadingExample("oven.md", tuple(lines), question, form, line, answer, "notes", call)
    return as_example(made, "reading-1")


def absent():
    return reading("how long does it rest?", "none", None, "")


def shown():
    return reading("show me oven.md", "result", None, "")
