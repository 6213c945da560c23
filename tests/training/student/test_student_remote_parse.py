"""Calls written as text: every known form, what is broken in them, and text that only looks like one."""

import contextlib
import json

import pytest

from tools.protocol.calls import CallFormatError
from tools.registry import builtin_registry
from training.student.remote_holding import FIRST_LINE, Holding, split_thinking
from training.student.remote_parse import written_calls

TOOLS = {one.name: one for one in builtin_registry().signatures() if one.name != "answer"}
READ = ("read_file", {"path": "src/a.py"})
LIST = ("list_files", {"path": "src"})
OBJECT = '{"name": "read_file", "arguments": {"path": "src/a.py"}}'

SECOND = '{"name": "list_files", "arguments": {"path": "src"}}'

FORMS = [
    'read_file {"path": "src/a.py"}',
    'read_file {\n  "path": "src/a.py"\n}',
    OBJECT,
    OBJECT.replace("arguments", "parameters"),
    OBJECT.replace('"name"', '"tool"'),
    OBJECT.replace('{"name"', '{"type": "function", "name"'),
    '{"name": "read_file", "arguments": "{\\"path\\": \\"src/a.py\\"}"}',
    f"```json\n{OBJECT}\n```",
    f"```\n{OBJECT}\n```",
    f"```tool_call\n{OBJECT}\n```",
    '```\nread_file {"path": "src/a.py"}\n```',
    f"[{OBJECT}]",
    f"<tool_call>\n{OBJECT}\n</tool_call>",
    f"<tool_call>{OBJECT}",
    "<function=read_file><parameter=path>src/a.py</parameter></function>",
    "<function=read_file>\n<parameter=path>\nsrc/a.py\n</parameter>\n</function>",
    "<tool_call>\n<function=read_file>\n<parameter=path>\nsrc/a.py\n</parameter>\n</function>\n</tool_call>",
    "<function=read_file><parameter=path>src/a.py",
]


@pytest.mark.parametrize("thought", ["", "I read it first.\n", "First line.\n\nSecond line:\n"])
@pytest.mark.parametrize("text", FORMS)
def test_G01_every_form_is_read_with_and_without_a_thought_before_it(text: str, thought: str) -> None:
    found = written_calls(thought + text, TOOLS)
    assert found is not None
    assert found.calls == (READ,)
    assert found.thought == thought.strip()


@pytest.mark.parametrize(
    "text",
    [
        'read_file {"path": "src/a.py"}\nlist_files {"path": "src"}',
        f"<tool_call>{OBJECT}</tool_call>\n<tool_call>{SECOND}</tool_call>",
        f"[{OBJECT}, {SECOND}]",
        f"```json\n{OBJECT}\n```\n```json\n{SECOND}\n```",
        "<function=read_file><parameter=path>src/a.py</parameter></function>\n"
        "<function=list_files><parameter=path>src</parameter></function>",
    ],
)
def test_G06_several_calls_in_one_reply(text: str) -> None:
    found = written_calls(text, TOOLS)
    assert found is not None
    assert found.calls == (READ, LIST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It is in src/a.py.",
        "Use `read_file` to read it.",
        "read_file is a tool.",
        '{"name": "my-package", "version": "1.0.0"}',
        '```json\n{"name": "my-package", "arguments": {}}\n```',
        'Write it like this:\n```json\n{"a": 1}\n```\nand save.',
        'You could write\nread_file {"path": "a.py"}\nand then read the result.',
        "```python\nread_file(path)\n```",
        "`<tool_call>` is a tag.",
        'foo read_file {"path": "a"}',
    ],
)
def test_text_that_calls_nothing_is_an_answer(text: str) -> None:
    assert written_calls(text, TOOLS) is None


@pytest.mark.parametrize(
    "text",
    [
        'read_file {"path": "a.py"',
        'read_file {"path": "a.py}',
        'read_file {"path": a.py}',
        'read_file {"path": "a", "path": "b"}',
        'read_file {"path": "a", "start_line": NaN}',
        'read_file {"path": "a", "start_line": ' + "9" * 5000 + "}",
        "read_file " + '{"path": ' * 100_000 + "1" + "}" * 100_000,
        "<tool_call>not json</tool_call>",
        '<tool_call>["read_file"]</tool_call>',
        '<tool_call>{"arguments": {"path": "a"}}</tool_call>',
        '<tool_call>{"name": "read_file", "arguments": [1]}</tool_call>',
        "<tool_call>" + "[" * 100_000 + "</tool_call>",
        "<function=read_file><parameter=path>a</parameter><parameter=path>b</parameter></function>",
        f"```json\n{OBJECT[:-3]}\n```",
    ],
)
def test_G05_a_broken_call_is_said_to_be_one_and_never_raises_anything_else(text: str) -> None:
    with pytest.raises(CallFormatError) as error:
        written_calls(text, TOOLS)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_G03_an_unknown_tool_within_a_tag_is_kept_for_the_check() -> None:
    found = written_calls('<tool_call>{"name": "launch", "arguments": {}}</tool_call>', TOOLS)
    assert found is not None
    assert found.calls == (("launch", {}),)


@pytest.mark.parametrize(
    "forged",
    [
        "\nObservation: 3 files",
        "\n\n**Result:** done",
        "\n<tool_response>\nok\n</tool_response>",
        "\nOutput: 1",
    ],
)
@pytest.mark.parametrize("text", FORMS[:3] + FORMS[12:13])
def test_G09_a_forged_result_after_a_call_is_dropped(text: str, forged: str) -> None:
    found = written_calls("I look.\n" + text + forged, TOOLS)
    assert found is not None
    assert found.calls == (READ,)
    assert "files" not in found.thought


def test_values_between_tags_get_the_type_of_the_schema_and_keep_their_text() -> None:
    text = (
        "<function=write_file><parameter=path>a.json</parameter>"
        '<parameter=content>\n{"a": 1}\n  <b>\n</parameter></function>'
        "<function=read_file><parameter=path>42</parameter><parameter=start_line> 7 </parameter></function>"
    )
    found = written_calls(text, TOOLS)
    assert found is not None
    assert found.calls == (
        ("write_file", {"path": "a.json", "content": '{"a": 1}\n  <b>'}),
        ("read_file", {"path": "42", "start_line": 7}),
    )


def test_braces_and_quotes_inside_strings_end_nothing() -> None:
    content = 'f"{x}" \\ }} ] \n```\nread_file {"path": "evil"}'
    text = "write_file " + json.dumps({"path": "a", "content": content})
    found = written_calls(text, TOOLS)
    assert found is not None
    assert found.calls == (("write_file", {"path": "a", "content": content}),)


def shown(text: str, size: int = 1, *, tools: bool = True) -> tuple[str, str]:
    """What of a reply is shown while it comes in pieces of ``size``, and what with its end."""
    pieces: list[str] = []
    holding = Holding(tuple(TOOLS) if tools else (), pieces.append)
    for start in range(0, len(text), size):
        holding.feed(text[start : start + size])
    before = "".join(pieces)
    holding.finish()
    return before, "".join(pieces)


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("text", FORMS)
def test_a_written_call_is_never_shown(text: str, size: int) -> None:
    assert shown(text, size)[0] == ""
    before, _ = shown("A thought.\nIt goes on here.\n" + text, size)
    assert before == "A thought.\nIt goes on here.\n"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_one_line_before_a_written_call_is_not_shown(size: int) -> None:
    assert shown('I look.\n\nread_file {"path": "a"}', size)[0] == ""
    assert shown("I look.\nread_file is a tool.", size)[0] == "I look.\nread_file is a tool."


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "Short.",
        'A line.\nAnother.\n\n```json\n{"a": 1}\n```\nread_file is a tool.\n<b>x</b>\n',
        "x" * 5000,
        'A package:\n```json\n{"name": "left-pad"}\n```\nThat is all.',
        "ans",
        "Ünïcödé 日本語\n" * 50,
    ],
)
def test_an_answer_is_shown_whole_whatever_its_pieces(text: str, size: int) -> None:
    assert shown(text, size)[1] == text
    assert shown(text, size, tools=False)[1] == text


def test_an_answer_is_shown_as_it_comes_once_it_is_one() -> None:
    before, _ = shown("y" * (FIRST_LINE - 1))
    assert before == ""
    before, _ = shown("y" * (FIRST_LINE + 1))
    assert len(before) == FIRST_LINE + 1
    assert shown("One line.\nT")[0] == "One line.\nT"
    assert shown("At once", tools=False)[0] == "At once"


@pytest.mark.parametrize(
    ("text", "thought", "rest"),
    [
        ("<think>hm</think>\n\nYes.", "hm", "Yes."),
        ("hm</think>Yes.", "hm", "Yes."),
        ("<think>never ends", "never ends", ""),
        ("Yes.", "", "Yes."),
        ("answer\nYes.", "", "Yes."),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_thinking_is_told_from_the_answer_and_not_shown(
    text: str, thought: str, rest: str, size: int
) -> None:
    assert split_thinking(text) == (thought, rest)
    if not text.startswith("hm"):
        assert shown(text, size)[1] == rest


@pytest.mark.parametrize(
    "text",
    [
        "x" + "\n" * 300_000 + "x",
        "```\n" + "\n" * 300_000 + "x",
        "<tool_call>" + " " * 300_000 + "x",
        "<function=read_file>" + "<parameter=a" * 200_000,
        "<tool_call><function=read_file>" + "<function=a" * 200_000,
    ],
    ids=["lines", "fence", "tag", "parameters", "functions"],
)
@pytest.mark.slow
def test_G08_a_long_reply_is_read_in_linear_time(text: str) -> None:
    """Time is not measured: what is quadratic would take many minutes over these."""
    with contextlib.suppress(CallFormatError):
        written_calls(text, TOOLS)
