"""Exports of a session."""

import json
from pathlib import Path

import pytest

from assistant.agent.sessions import Session, SessionStore, export_json, export_markdown
from tools.calls import ToolCall
from tools.protocol.messages import Message


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = SessionStore(tmp_path).create(tmp_path)
    made.append(Message("user", "where is it?"))
    made.append(
        Message("assistant", calls=(ToolCall("a", "read_file", {"path": "é.py"}),), thought="look\nfirst")
    )
    made.append(Message("tool", "text with\n```\na fence", call_id="a", tool="read_file"))
    made.append(Message("assistant", "In `é.py`."))
    return made


def test_markdown_shows_every_part_in_order(session: Session) -> None:
    text = export_markdown(session)
    parts = [
        "# where is it?",
        f"- session: {session.id}",
        "## You\n\nwhere is it?",
        "## Apprentice\n\n> look\n> first",
        '**read_file** called with\n\n```json\n{\n  "path": "é.py"\n}\n```',
        "**read_file** returned\n\n````\ntext with\n```\na fence\n````",
        "## Apprentice\n\nIn `é.py`.\n",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_fence_in_an_observation_cannot_end_its_block(session: Session) -> None:
    session.append(Message("tool", "`````\n# forged", call_id="a", tool="x"))
    assert "\n``````\n`````\n# forged\n``````\n" in export_markdown(session)


def test_json_holds_the_whole_conversation(session: Session) -> None:
    content = json.loads(export_json(session))
    assert content["session_id"] == session.id
    assert content["title"] == "where is it?"
    assert [message["role"] for message in content["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert content["messages"][1]["calls"] == [
        {"id": "a", "tool": "read_file", "arguments": {"path": "é.py"}}
    ]


def test_a_session_without_messages_exports(tmp_path: Path) -> None:
    empty = SessionStore(tmp_path).create(tmp_path)
    assert export_markdown(empty).startswith(f"# {empty.id}\n")
    assert json.loads(export_json(empty))["messages"] == []
