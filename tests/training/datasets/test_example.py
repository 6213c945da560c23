"""Examples: written and read back equal, and nothing that could not be trained on gets through."""

from dataclasses import replace

import pytest

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature
from training.datasets.example import Example, ExampleError, check, example_id, from_line, read, to_line

READ = Signature(
    "read_file",
    "Read a file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)
MESSAGES = (
    Message("user", "what is in a.py?"),
    Message("assistant", calls=(ToolCall("c1", "read_file", {"path": "a.py"}),)),
    Message("tool", "x = 1", call_id="c1", tool="read_file"),
    Message("assistant", "a.py sets x to 1."),
)
EXAMPLE = Example(
    example_id(MESSAGES, [READ]),
    MESSAGES,
    (READ,),
    "call",
    "s1",
    {"provider": "scripted"},
    {"read_file": 0.9},
)


def test_an_example_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_bytes(to_line(EXAMPLE) + b"\n" + to_line(EXAMPLE))
    assert list(read(path)) == [EXAMPLE, EXAMPLE]


def test_the_id_follows_from_the_content():
    assert example_id(MESSAGES, [READ]) == EXAMPLE.id
    assert example_id(MESSAGES[:2], [READ]) != EXAMPLE.id


CALL = MESSAGES[1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"messages": ()}, "the last message"),
        ({"messages": MESSAGES[:3]}, "the last message"),
        ({"messages": MESSAGES[1:]}, "the first message"),
        ({"messages": (MESSAGES[0], MESSAGES[2], MESSAGES[3])}, "belongs to no call"),
        ({"messages": (MESSAGES[0], Message("assistant"))}, "is empty"),
        ({"tools": ()}, "calls read_file, which is not offered"),
        ({"tools": (READ, READ)}, "offered twice"),
        ({"kind": "other"}, "kind is 'other'"),
        ({"shares": {"write_file": 1.0}}, "shares name a tool that is not offered: write_file"),
        (
            {"messages": (MESSAGES[0], replace(CALL, calls=(ToolCall("c1", "read_file", {"file": "a"}),)))},
            "does not fit its schema: unknown argument `file`",
        ),
        (
            {"messages": (MESSAGES[0], replace(CALL, calls=(ToolCall("c1", "read_file", {}),)))},
            "the argument `path` is missing",
        ),
    ],
)
def test_what_could_not_be_trained_on_is_refused(changed, said):
    with pytest.raises(ExampleError, match=said):
        check(replace(EXAMPLE, **changed))


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"{}", b'{"messages": 1, "tools": []}', b"\xff", b'"x"', b"null"]
)
def test_K12_a_line_that_is_no_example_is_named_by_its_number(tmp_path, line):
    path = tmp_path / "train.jsonl"
    path.write_bytes(to_line(EXAMPLE) + line + b"\n")
    with pytest.raises(ExampleError, match=r"train\.jsonl, line 2: no (JSON|example)"):
        list(read(path))


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ExampleError, match=r"none\.jsonl cannot be read: No such file"):
        list(read(tmp_path / "none.jsonl"))


def test_a_key_that_nobody_knows_is_refused():
    with pytest.raises(ExampleError, match="no example"):
        from_line(to_line(EXAMPLE).replace(b'"kind"', b'"sort"'))
