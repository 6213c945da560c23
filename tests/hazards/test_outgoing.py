"""What leaves the program, shown or exported, is inert and carries no secret; ``--raw`` gives the rest."""

import json
from pathlib import Path

import pytest

from assistant.agent.session_export import export_json, export_markdown
from assistant.agent.sessions import SessionStore
from assistant.cli.main import main
from assistant.decision_lines import lines_of
from assistant.outgoing import outgoing_line, outgoing_markdown, outgoing_row, outgoing_text
from assistant.text_safety import clean
from tests.training.events.secret_corpus import ALNUM, Maker
from tools.calls import ToolCall
from tools.protocol.messages import Message

SECRET = "gh" + "p_" + Maker(7).of(ALNUM, 36)
HOSTILE = [
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "a\u200bb",
    "\ufeff",
    "\U000e0041\U000e0042",
    "\x00",
    "\r\x1b[K",
]


def is_inert(text: str) -> bool:
    return clean(text) == text and SECRET not in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_way_out_is_inert(hostile):
    text = f"before {hostile} {SECRET} after"
    assert is_inert(outgoing_text(text)) and is_inert(outgoing_markdown(text))
    row = outgoing_row({"text": text, text: [{"deep": text}]})
    assert is_inert(str(row["text"])) and all(is_inert(key) for key in row)
    line = outgoing_line(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n").decode()
    assert is_inert(line.removesuffix("\n")) and json.loads(line)["text"].startswith(f"before {hostile} ")


def test_a_line_without_anything_odd_keeps_its_bytes():
    line = json.dumps({"b": 1, "a": "plain é"}, ensure_ascii=False).encode() + b"\n"
    assert outgoing_line(line) == line


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        "<img src=x>",
        "<!-- x -->",
        "![x](https://a.example/?q=1)",
        "[x](javascript:alert)",
        "# You",
        "## You",
        "===",
        "[x]: https://a.example",
    ],
)
def test_markup_of_a_message_is_text_in_the_export(markup):
    shown = outgoing_markdown(f"a\n{markup}\nb")
    assert markup not in shown.split("\n") and "<" not in shown and "![" not in shown.replace("\\![", "")


def test_a_fence_that_was_left_open_is_closed():
    assert outgoing_markdown("```\n<b>") == "```\n<b>\n```"
    assert outgoing_markdown("~~~~\n~~~\n~~~~\n<b>") == "~~~~\n~~~\n~~~~\n&lt;b>"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a session whose every part holds hostile text and a secret."""
    monkeypatch.setenv("APPRENTICE_HOME", str(tmp_path / "home"))
    from assistant import paths

    session = SessionStore(paths.sessions_dir()).create(tmp_path)
    text = f"{''.join(HOSTILE)} {SECRET}"
    session.append(Message("user", text))
    call = ToolCall("1", "bash", {"command": text})
    session.append(Message("assistant", text, thought=text, calls=(call,)))
    session.append(Message("tool", text, call_id="1", tool="bash"))
    session.close()
    return session.id


@pytest.mark.parametrize("command", ["show", "export"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_sessions_leave_inert_and_without_secrets(kept, command, form, capsys):
    assert main(["sessions", command, kept, *form]) == 0
    assert is_inert(capsys.readouterr().out)
    assert main(["sessions", command, kept, "--raw", *form]) == 0
    assert SECRET in capsys.readouterr().out


def test_the_export_as_json_says_all_but_the_secret(kept):
    from assistant import paths

    session = SessionStore(paths.sessions_dir()).load(kept, read_only=True)
    said = json.loads(export_json(session))["messages"][0]
    assert SECRET in export_markdown(session, raw=True) and "[redacted:github-token]" in export_markdown(
        session
    )
    assert "[redacted:github-token]" in json.dumps(said) and "\u202e" in json.loads(json.dumps(said))["text"]


def test_rows_of_decisions_are_inert_in_every_form():
    row = {"tool": "bash", "request": f"{''.join(HOSTILE)} {SECRET}"}
    for form in ("jsonl", "csv"):
        assert is_inert(b"".join(lines_of([row], form)).decode().replace("\r\n", "\n"))
    assert SECRET in b"".join(lines_of([row], "jsonl", safe=False)).decode()
