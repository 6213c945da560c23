"""Triggers, key table, edited calls, pages of messages, the external editor: the logic beside the widgets."""

from pathlib import Path

import pytest

from assistant.agent.facts.record import Facts, Stopped
from assistant.tui.external_editor import EditorError, edit, editor_command
from assistant.tui.keys import KEYS, key_groups, keys_markdown
from assistant.tui.replay import AnswerEntry, CallEntry, FactsEntry, UserEntry, entries, page_start
from assistant.tui.triggers import file_trigger, is_command, shell_command
from tools.calls import ToolCall
from tools.protocol.messages import Message


@pytest.mark.parametrize(
    ("before", "query"),
    [
        ("@", ""),
        ("look at @src/a", "src/a"),
        ("line\n@b", "b"),
        ("mail me@home", None),
        ("@a b", None),
        ("", None),
    ],
)
def test_an_at_sign_at_the_start_of_a_word_asks_for_a_file(before: str, query: str | None) -> None:
    trigger = file_trigger(before)
    assert (trigger.query if trigger else None) == query


@pytest.mark.parametrize(
    ("text", "command"),
    [("/", True), ("/help", True), ("/load abc d", True), ("/usr/bin/x is what?", False), ("a /help", False),
     ("/help\nmore", False)],
)  # fmt: skip
def test_a_slash_command_is_a_slash_and_a_word(text: str, command: bool) -> None:
    assert is_command(text) is command


def test_a_shell_command_stands_behind_an_exclamation_mark() -> None:
    assert shell_command("! ls -l ") == "ls -l"
    assert shell_command("what!") is None


def conversation(turns: int) -> list[Message]:
    messages = []
    for turn in range(turns):
        call = ToolCall(f"c{turn}", "read_file", {"path": "a"})
        messages += [
            Message("user", f"question {turn}"),
            Message("assistant", calls=(call,)),
            Message("tool", f"result {turn}", call_id=call.id, tool="read_file"),
            Message("assistant", f"answer {turn}"),
        ]
    return messages


def test_messages_become_entries_with_their_results() -> None:
    shown = entries(conversation(1), 0, 4)
    assert shown == [
        UserEntry("question 0", 0),
        CallEntry(ToolCall("c0", "read_file", {"path": "a"}), "result 0"),
        AnswerEntry("answer 0"),
    ]


def test_I16_a_call_without_observation_is_shown_as_such() -> None:
    assert entries(conversation(1), 0, 2)[1] == CallEntry(ToolCall("c0", "read_file", {"path": "a"}), None)


def test_a_page_begins_with_a_request() -> None:
    messages = conversation(100)
    start = page_start(messages, len(messages), 30)
    assert messages[start].role == "user"
    assert 30 <= len(messages) - start <= 34


def test_pages_reach_the_beginning_without_a_gap() -> None:
    messages, end, seen = conversation(100), 400, 0
    while end > 0:
        start = page_start(messages, end)
        assert start < end
        seen += len(messages[start:end])
        end = start
    assert seen == 400


def test_every_key_group_is_documented_without_repeats() -> None:
    panels = ["Decisions", "Teachers", "Curation", "Training", "Models", "Arena", "Jobs"]
    assert list(key_groups()) == ["Prefixes", "Writing", "Working", "Confirmation", *panels]
    assert len({(key.group, key.keys) for key in KEYS}) == len(KEYS)
    table = keys_markdown()
    assert all(f"| {key.does} |" in table for key in KEYS)


def editor(tmp_path: Path, body: str) -> list[str]:
    script = tmp_path / "editor.sh"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o700)
    return [str(script)]


def test_the_editor_gives_its_text(tmp_path: Path) -> None:
    assert edit("draft", editor(tmp_path, 'echo " and more" >> "$1"')) == "draft and more"


def test_an_editor_that_fails_leaves_the_text(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="ended with 3"):
        edit("draft", editor(tmp_path, "exit 3"))


def test_an_editor_that_is_absent_is_said(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="set EDITOR"):
        edit("draft", [str(tmp_path / "absent")])


def test_the_editor_comes_from_the_environment() -> None:
    assert editor_command({"EDITOR": "code --wait"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": "vim", "EDITOR": "ed"}) == ["vim"]
    assert editor_command({}) == ["vi"]
    with pytest.raises(EditorError, match="EDITOR is"):
        editor_command({"EDITOR": "'unclosed"})


def test_the_facts_of_a_turn_stand_where_it_ends() -> None:
    messages = [Message("user", "write"), Message("assistant", "No."), Message("user", "hello")]
    facts = {0: Facts(refused=(Stopped("write_file", "a.txt", "no"),)), 2: Facts()}
    assert entries(messages, 0, 3, facts) == [
        UserEntry("write", 0),
        AnswerEntry("No."),
        FactsEntry("write_file a.txt refused"),
        UserEntry("hello", 2),
    ]
