"""Files of the data folder, damaged in each way: named in one line, and the program starts where it can."""

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import paths
from assistant.agent.session_records import decode, encode
from assistant.agent.sessions import SessionError, SessionStore
from assistant.cli.failures import complain, failed
from assistant.cli.main import main
from assistant.settings import load_settings
from tools.protocol.messages import Message

DAMAGES: dict[str, bytes | None] = {
    "empty": b"",
    "cut": b'{"schema": 1, "rul',
    "list": b"[1]",
    "number": b"7",
    "null": b"null",
    "object": b"{}",
    "not utf-8": b"\xff\xfe\x00",
    "folder": None,
}


def data(*names: str) -> Path:
    return paths.data_dir().joinpath(*names)


STORES: dict[str, tuple[Callable[[], Path], list[list[str]], str]] = {
    "trust": (lambda: data("trust.json"), [["trust"]], "trust.json: damaged"),
    "rules": (lambda: data("rules.json"), [["permissions", "list"]], "rules.json: "),
    "settings": (paths.settings_file, [["permissions", "list"]], "settings.toml:"),
    "deployments": (
        lambda: data("students", "deployments.json"),
        [["models", "students"]],
        "deployments.json: cannot be read",
    ),
    "deployments, taken back": (
        lambda: data("students", "deployments.json"),
        [["models", "rollback"]],
        "deployments.json: cannot be read",
    ),
    "student": (
        lambda: data("students", "abc", "student.json"),
        [["models", "students"]],
        "student.json: damaged; export it again",
    ),
    "job": (
        lambda: data("jobs", "20300101-000000-a", "spec.json"),
        [["jobs", "list"]],
        "spec.json cannot be read",
    ),
    "session": (
        lambda: data("sessions", "20300101-000000-a.jsonl"),
        [["sessions", "show", "2030"]],
        "20300101-000000-a.jsonl: ",
    ),
    "product": (
        lambda: data("products", "agent_decision_history", "current"),
        [["data", "list"]],
        "cannot be read: ",
    ),
    "dataset": (
        lambda: data("datasets", "abcd", "manifest.json"),
        [["data", "datasets"]],
        "manifest.json cannot be read",
    ),
    "model": (lambda: data("models", "x", "record.json"), [["models", "list"]], "record.json: "),
    "log's head": (
        lambda: data("events", "head"),
        [["decisions", "list"], ["decisions", "verify"]],
        "put it back from a backup, or move",
    ),
}
"""Each file, the commands that read it, and what names it. What to do stands behind the name."""
WHAT_TO_DO = (
    "remove",
    "mend",
    "move",
    "again",
    "anew",
    "known here",
    "not valid TOML",
    "save it",
    "are a TOML file",
)
WHOLE = {
    ("settings", "empty"),
    ("deployments", "object"),
    ("deployments, taken back", "object"),
    ("session", "empty"),
}
"""What is whole, or holds nothing that could be lost: there is nothing to name."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("store", STORES)
def test_a_damaged_file_is_one_line_and_no_traceback(store, damage, workspace, capsys):
    where, commands, named = STORES[store]
    path, content = where(), DAMAGES[damage]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if content is None else path.write_bytes(content)
    for command in commands:
        code = main(command)
        said = capsys.readouterr().err
        assert code in (0, 1, 2)
        assert "unexpected" not in said and "Traceback" not in said and "Errno" not in said, said
        if (store, damage) in WHOLE:
            continue
        lines = [line for line in said.splitlines() if named in line]
        assert len(lines) == 1, said
        assert any(word in lines[0] for word in WHAT_TO_DO) or "Is a directory" in lines[0], lines


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("store", ["trust", "rules", "settings"])
def test_a_list_that_needs_none_of_it_goes_on(store, damage, workspace, capsys):
    path, content = STORES[store][0](), DAMAGES[damage]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if content is None else path.write_bytes(content)
    assert main(["sessions", "list"]) == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("damage", sorted(set(DAMAGES)))
def test_damaged_trust_is_named_and_trusts_nothing(damage, workspace):
    content = DAMAGES[damage]
    path = paths.trust_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if content is None else path.write_bytes(content)
    assert any(
        "trust.json: damaged, so no folder is trusted" in one for one in load_settings(workspace).notices
    )


def test_a_trust_book_that_is_whole_or_missing_is_not_named(workspace):
    assert not any("damaged" in one for one in load_settings(workspace).notices)
    paths.trust_file().parent.mkdir(parents=True, exist_ok=True)
    paths.trust_file().write_text('{"schema": 1, "folders": {}}')
    assert not any("damaged" in one for one in load_settings(workspace).notices)


def test_jobs_that_cannot_be_read_are_named(workspace, capsys):
    path = data("jobs", "20300101-000000-a", "spec.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"7")
    assert main(["jobs", "list"]) == 0
    assert "spec.json cannot be read" in capsys.readouterr().err


@pytest.fixture
def told(workspace) -> Path:
    """The file of a session of three messages."""
    session = SessionStore(paths.sessions_dir()).create(workspace)
    for text in ("one", "two", "three"):
        session.append(Message("user", text))
    session.close()
    return session.path


def test_a_changed_byte_anywhere_in_a_session_is_no_silent_change(told):
    line = told.read_bytes().splitlines()[2]
    whole = decode(line)
    assert whole and whole["message"]["text"] == "two"
    for place in range(len(line)):
        changed = decode(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :])
        assert changed is None or (changed["message"] == whole["message"] and changed["at"] == whole["at"])


def test_a_damaged_line_of_a_session_is_named_and_left_out(told, workspace):
    told.write_bytes(told.read_bytes().replace(b'"two"', b'"tvo"'))
    session = SessionStore(paths.sessions_dir()).load(told.stem)
    assert [one.text for one in session.messages] == ["one", "three"]
    assert any("line 3 is damaged and left out" in one for one in session.notices)
    session.close()


def test_lines_from_before_there_were_checksums_are_read(told):
    lines = [json.loads(line) for line in told.read_bytes().splitlines()]
    assert all(line.pop("crc") for line in lines)
    told.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    store = SessionStore(paths.sessions_dir())
    session = store.load(told.stem)
    session.append(Message("user", "four"))
    session.close()
    assert [one.text for one in store.load(told.stem, read_only=True).messages] == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert not store.load(told.stem, read_only=True).notices


def test_a_text_that_looks_like_a_checksum_is_text():
    record = {"kind": "title", "title": 'x","crc":"00000000"}', "at": ""}
    assert (decode(encode(record).rstrip(b"\n")) or {})["title"] == record["title"]


@pytest.mark.slow
def test_a_session_torn_at_any_byte_never_keeps_the_latest_from_opening(told, workspace):
    content, header = told.read_bytes(), told.read_bytes().index(b"\n") + 1
    store = SessionStore(paths.sessions_dir())
    older = store.create(workspace)
    older.append(Message("user", "older"))
    older.close()
    os.utime(older.path, (1, 1))
    for size in [*range(1, header + 20), len(content) - 1]:
        told.write_bytes(content[:size])
        (listed,) = (one for one in store.list(workspace=None) if one.id == told.stem)
        assert bool(listed.problem) == (size < header)
        latest = store.latest(workspace)
        assert latest is not None and latest.id == (older.id if size < header else told.stem)
        latest.close()
        if listed.problem:
            with pytest.raises(SessionError, match="no whole header; move the file away"):
                store.load(told.stem)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_running_out_of_descriptors_is_one_clear_line(number, capsys):
    error = OSError(number, os.strerror(number), "/x")
    assert failed(error, debug=False) == complain(f"the log cannot be read: {error}") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all("too many files are open (at most" in line for line in lines)


@pytest.mark.parametrize("arguments", [["decisions", "verify"], ["-p", "hello"]])
@pytest.mark.slow
def test_programs_without_descriptors_say_so(arguments, workspace, tmp_path):
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))

    home = {
        name: str(tmp_path / name) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        capture_output=True,
        text=True,
        env={**kept, **home, "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=few,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr and "Errno" not in done.stderr, done.stderr
