"""``apprentice trust``, and the question at the first start in a folder."""

import io
import json
import sys
from pathlib import Path

import pytest

from assistant.cli.invocation import Invocation
from assistant.cli.main import main
from assistant.cli.trust import ask_once
from assistant.trust import Standing, look
from assistant.trust_book import the_book

HOSTILE = "# Rules\n\x1b]52;c;ZXZpbA==\x07\u202erevo\n" + "more\n" * 20


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workspace"
    (folder / ".apprentice").mkdir(parents=True)
    (folder / "AGENTS.md").write_text(HOSTILE)
    (folder / ".apprentice" / "settings.toml").write_text('mode = "plan"\n')
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.cli.trust.is_terminal", lambda: True)


def standing(workspace: Path) -> Standing:
    return the_book().standing(look(workspace))


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_it_shows_what_would_be_loaded_escaped_and_changes_nothing(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trust"]) == 0
    out = capsys.readouterr().out
    assert "AGENTS.md" in out
    assert "bytes, instructions for the student" in out
    assert "    | # Rules\n" in out
    assert "... 14 more lines" in out
    assert "\\x1b]52" in out
    assert "\\u202e" in out
    assert "\x1b" not in out
    assert out.endswith(f"{workspace}: not trusted yet: none of it is loaded\n")
    assert standing(workspace) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("--yes", Standing.TRUSTED), ("--no", Standing.REFUSED), ("--forget", Standing.UNKNOWN)],
)
def test_a_flag_is_the_person_s_word(
    workspace: Path, capsys: pytest.CaptureFixture[str], flag: str, expected: Standing
) -> None:
    assert main(["trust", "--yes"]) == 0
    capsys.readouterr()
    assert main(["trust", flag, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["standing"] == expected
    assert shown["workspace"] == str(workspace)
    assert [one["name"] for one in shown["files"]] == ["AGENTS.md", ".apprentice/settings.toml"]
    assert standing(workspace) is expected


def test_trusting_nothing_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trust", "--yes"]) == 0
    assert not the_book().path.exists()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("y\n", Standing.TRUSTED),
        ("n\n", Standing.REFUSED),
        ("\n", Standing.REFUSED),
        ("maybe\nyes\ny\n", Standing.TRUSTED),
        ("s\nn\n", Standing.REFUSED),
    ],
)
def test_F06_the_first_start_shows_and_asks_and_no_is_the_default(
    workspace: Path,
    person: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    expected: Standing,
) -> None:
    types(monkeypatch, typed)
    ask_once(Invocation(workspace))
    assert standing(workspace) is expected
    err = capsys.readouterr().err
    assert "This folder brings its own, and Apprentice would load them" in err
    assert "\x1b" not in err
    assert (err.count("more\\n") + err.count("\nmore\n") > 0) is typed.startswith("s")


def test_F06_it_is_asked_once_and_again_when_something_changed(
    workspace: Path, person: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "y\n")
    ask_once(Invocation(workspace))
    capsys.readouterr()
    types(monkeypatch, "")
    ask_once(Invocation(workspace))
    assert capsys.readouterr().err == ""
    (workspace / "AGENTS.md").write_text("new\n")
    types(monkeypatch, "n\n")
    ask_once(Invocation(workspace))
    assert "changed since you last decided" in capsys.readouterr().err


def test_D14_without_a_terminal_nothing_is_asked_and_nothing_trusted(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "y\n")
    ask_once(Invocation(workspace))
    assert capsys.readouterr().err == ""
    assert standing(workspace) is Standing.UNKNOWN


def test_leaving_at_the_question_keeps_nothing(
    workspace: Path, person: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.cli.main.is_terminal", lambda: True)
    types(monkeypatch, "")
    assert main([]) == 130
    assert standing(workspace) is Standing.UNKNOWN
