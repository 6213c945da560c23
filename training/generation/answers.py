"""The final answer of a generated example, made from what its calls really returned.

Invariant: an answer states no fact that is not in an observation, a slot or the data of replies.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from tools.calls import ToolCall, ToolResult
from training.generation.catalogue import concepts, replies
from training.generation.slots import Slots

Done = Sequence[tuple[ToolCall, ToolResult]]
"""Calls with what they returned, in order."""
_LONGEST = 160


def answer(style: str, slots: Slots, done: Done) -> str:
    """The answer in the named style. Raises KeyError for a style that is not known."""
    if done and not done[-1][1].success and style not in ("output", "tests"):
        return _failed(done)
    if style in _MAKERS:
        return _MAKERS[style](slots, done)
    return slots.dice.choice(replies()[style])


def _failed(done: Done) -> str:
    return f"That did not work: {_short(done[-1][1].text)}"


def _output(slots: Slots, done: Done) -> str:
    result = done[-1][1]
    first, _, rest = result.text.partition("\n")
    body = "" if rest == "(no output)" else rest.strip()
    if not result.success:
        return f"It failed ({first}): {_short(body) or 'it printed nothing'}"
    if not body:
        return slots.dice.choice(("Done; it printed nothing.", "It ran and printed nothing."))
    lines = body.splitlines()
    if len(lines) == 1:
        return slots.dice.choice(
            (f"It prints {_short(body)}", f"The output is: {_short(body)}", f"{_short(body)}")
        )
    return f"It printed {len(lines)} lines, from `{_short(lines[0])}` to `{_short(lines[-1])}`."


def _tests(slots: Slots, done: Done) -> str:
    text = done[-1][1].text
    ran = re.search(r"Ran (\d+) tests?", text)
    if ran is None:
        return f"The tests did not run: {_short(text.splitlines()[-1])}"
    failing = re.findall(r"^(?:FAIL|ERROR): (\w+)", text, re.MULTILINE)
    if not failing and ran[1] == "1":
        return "The one test passes."
    if not failing:
        return slots.dice.choice((f"All {ran[1]} tests pass.", f"{ran[1]} tests ran, none failed."))
    return f"{len(failing)} of {ran[1]} tests failed: {', '.join(failing)}."


def _matches(slots: Slots, done: Done) -> str:
    lines = [line for line in done[-1][1].text.splitlines() if re.match(r"[^:\s]+:\d+:", line)]
    if not lines:
        return slots.dice.choice(("I found nothing.", "There is no match."))
    path, number, text = lines[0].split(":", 2)
    if len(lines) == 1:
        return f"{path}, line {number}: `{_short(text)}`"
    files = {line.partition(":")[0] for line in lines}
    where = f"{len(files)} files" if len(files) > 1 else "one file"
    return f"{len(lines)} matches in {where}; the first is {path}, line {number}."


def _definition(slots: Slots, done: Done) -> str:
    for line in done[-1][1].text.splitlines():
        found = re.match(r"([^:\s]+):(\d+):.*\b(def|func|function|fn|fun|self)\b", line)
        if found:
            return f"It is defined in {found[1]}, line {found[2]}."
    return _matches(slots, done)


def _files_listed(slots: Slots, done: Done) -> str:
    lines = [line for line in done[-1][1].text.splitlines() if line.strip()]
    if not lines or not done[-1][1].text.strip() or lines[0].startswith(("no ", "(")):
        return "There is nothing."
    shown = ", ".join(lines[:4])
    return shown + (f" and {len(lines) - 4} more." if len(lines) > 4 else ".")


def _file_summary(slots: Slots, done: Done) -> str:
    path, text = done[-1][0].arguments.get("path", "it"), done[-1][1].text
    names = re.findall(r"\b(?:def|func|function|fn|fun|class)\s+(?:\([^)]*\)\s*)?(?:self\.)?(\w+)", text)
    if names:
        return f"{path} defines {', '.join(list(dict.fromkeys(names))[:4])}."
    return (
        f"{path} begins with `{_short(_content_lines(text)[0])}`."
        if _content_lines(text)
        else f"{path} is empty."
    )


def _doc_summary(slots: Slots, done: Done) -> str:
    call, result = next(one for one in reversed(done) if one[0].tool == "read_file")
    path, text = call.arguments["path"], result.text
    found = [line.strip() for line in _content_lines(text) if not line.startswith("#")]
    titles = [line.lstrip("# ").strip() for line in _content_lines(text) if line.startswith("## ")]
    if titles and slots.dice.random() < 0.5:
        return f"{path} has the parts {', '.join(titles)}."
    return f"{path} says: {_short(' '.join(found))}" if found else f"{path} says nothing more."


def _config_value(slots: Slots, done: Done) -> str:
    return slots.fill("{key} is {value} in {config}.")


def _lines_shown(slots: Slots, done: Done) -> str:
    lines = [line for line in _content_lines(done[-1][1].text) if not line.startswith("[lines ")]
    return f"They begin with `{_short(lines[0])}`." if lines else "There is nothing in these lines."


def _two_files(slots: Slots, done: Done) -> str:
    return " ".join(_file_summary(slots, [one]) for one in done)


def _edited(slots: Slots, done: Done) -> str:
    path = done[-1][0].arguments.get("path", "the file")
    return slots.dice.choice((f"I changed {path}.", f"Done: {path} is changed.", f"{path} is changed."))


def _written(slots: Slots, done: Done) -> str:
    path = done[-1][0].arguments.get("path", "the file")
    return slots.dice.choice((f"I wrote {path}.", f"{path} is written.", f"Done, {path} is there."))


def _diff(slots: Slots, done: Done) -> str:
    text = done[-1][1].text
    files = re.findall(r"^\+\+\+ b/(.+)$", text, re.MULTILINE)
    fresh = text.partition("new files that git does not track:\n")[2].splitlines()
    if fresh and not files:
        return f"There are only new files, which git does not track yet: {', '.join(fresh[:4])}."
    if not files:
        return slots.dice.choice(("Nothing has changed.", "There are no uncommitted changes."))
    added = [line[1:] for line in text.splitlines() if line.startswith("+") and not line.startswith("+++")]
    said = next((line for line in added if line.strip()), "")
    return f"{', '.join(files)} changed" + (f"; added: `{_short(said)}`." if said else ".")


def _documentation(slots: Slots, done: Done) -> str:
    lines = _content_lines(done[-1][1].text)
    return f"The docs say: {_short(lines[0])}" if lines else "The docs say nothing about it."


def _web(slots: Slots, done: Done) -> str:
    lines = [line for line in _content_lines(done[-1][1].text) if not line.startswith("http")]
    return f"It says: {_short(lines[min(1, len(lines) - 1)])}" if lines else "The page is empty."


def _arithmetic(slots: Slots, done: Done) -> str:
    left, _, right = slots["small_sum"].partition(" + ")
    return f"{slots['small_sum']} is {int(left) + int(right)}."


def _concept(slots: Slots, done: Done) -> str:
    return dict(concepts())[slots["concept"]]


def _content_lines(text: str) -> list[str]:
    """Lines with something in them, without the numbers that ``read_file`` may put before them."""
    stripped = (re.sub(r"^\s*\d+[\t|:]\s?", "", line) for line in text.splitlines())
    return [line.strip() for line in stripped if line.strip()]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"


_MAKERS: Mapping[str, Callable[[Slots, Done], str]] = {
    "output": _output,
    "tests": _tests,
    "matches": _matches,
    "definition": _definition,
    "files_listed": _files_listed,
    "file_summary": _file_summary,
    "doc_summary": _doc_summary,
    "config_value": _config_value,
    "lines_shown": _lines_shown,
    "two_files": _two_files,
    "edited": _edited,
    "written": _written,
    "diff": _diff,
    "documentation": _documentation,
    "web": _web,
    "arithmetic": _arithmetic,
    "concept": _concept,
}
STYLES = frozenset(_MAKERS) | frozenset(replies())
