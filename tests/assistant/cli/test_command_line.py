"""The root command: what each flag asks for, what errors look like, and what is not imported."""

import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.sessions import SessionStore
from assistant.cli import piped
from assistant.cli.main import COMMANDS, cli, main
from assistant.settings import Settings
from tests.assistant.trusting import trusted
from tools.protocol.messages import Message

HEAVY = (
    "textual",
    "llama_cpp",
    "openai",
    "docker",
    "httpx",
    "pydantic",
    "platformdirs",
    "prompt_toolkit",
    "tinydb",
    "tomlkit",
    "tree_sitter",
    "asyncio",
)


@dataclass
class Opened:
    """Stands for an interface: remembers how it was opened."""

    code: int = 0
    error: BaseException | None = None
    calls: list[tuple[Settings, Path, str | None, tuple[Any, ...], dict[str, Any]]] = field(
        default_factory=list
    )

    def run(
        self, settings: Settings, workspace: Path, session: str | None, *more: Any, **options: Any
    ) -> int:
        self.calls.append((settings, workspace, session, more, options))
        if self.error:
            raise self.error
        return self.code


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders and a workspace of this test alone; returns the workspace."""
    for name in [name for name in os.environ if name.startswith("APPRENTICE_")]:
        monkeypatch.delenv(name)
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    return workspace


def interface(monkeypatch: pytest.MonkeyPatch, module: str) -> Opened:
    opened = Opened()
    stand_in = types.ModuleType(module)
    stand_in.run = opened.run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module, stand_in)
    parent, _, name = module.rpartition(".")
    monkeypatch.setattr(sys.modules[parent], name, stand_in, raising=False)
    return opened


@pytest.fixture
def tui(monkeypatch: pytest.MonkeyPatch) -> Opened:
    import assistant.tui  # the stand-in replaces its ``app``

    assert assistant.tui.__name__
    opened = interface(monkeypatch, "assistant.tui.app")
    app = sys.modules["assistant.tui.app"]
    app.run = lambda load, *rest, **more: opened.run(load(), *rest, **more)  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def repl(monkeypatch: pytest.MonkeyPatch) -> Opened:
    return interface(monkeypatch, "assistant.repl")


@pytest.fixture
def oneshot(monkeypatch: pytest.MonkeyPatch) -> Opened:
    return interface(monkeypatch, "assistant.oneshot")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.cli.main.is_terminal", lambda: True)
    monkeypatch.setattr("assistant.cli.sessions.is_terminal", lambda: True)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes], None]:
    """Put bytes on stdin, through a real file descriptor."""

    def feed(data: bytes) -> None:
        file = tmp_path / "stdin"
        file.write_bytes(data)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file.open("rb")))

    return feed


def test_alone_it_opens_the_full_screen(tui: Opened, terminal: None, folders: Path) -> None:
    assert main([]) == 0
    ((settings, workspace, session, _, _),) = tui.calls
    assert (settings, workspace, session) == (Settings(), folders, None)


def test_plain_opens_the_line_by_line_interface(repl: Opened, tui: Opened, folders: Path) -> None:
    repl.code = 3
    assert main(["--plain"]) == 3
    assert repl.calls[0][1] == folders
    assert tui.calls == []


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        (["-m", "/m.gguf"], ("student", "model"), "/m.gguf"),
        (["--model", "http://h/v1"], ("student", "model"), "http://h/v1"),
        (["--mode", "plan"], ("mode",), "plan"),
        (["--sandbox", "off"], ("sandbox", "engine"), "off"),
        (["--max-steps", "3"], ("loop", "max_steps"), 3),
    ],
)
def test_flags_become_settings(
    repl: Opened, arguments: list[str], key: tuple[str, ...], value: object
) -> None:
    assert main(["--plain", *arguments]) == 0
    settings = repl.calls[0][0]
    assert dict(settings.values())[key] == value
    assert settings.origin(key) == "command line"


@pytest.mark.parametrize(
    ("arguments", "session"),
    [
        ([], None),
        (["-c"], "latest"),
        (["--continue"], "latest"),
        (["-r", "2026"], "2026"),
        (["--resume", "the bug"], "the bug"),
    ],
)
def test_sessions_are_continued(repl: Opened, arguments: list[str], session: str | None) -> None:
    assert main(["--plain", *arguments]) == 0
    assert repl.calls[0][2] == session


def test_cd_works_in_another_folder(repl: Opened, tmp_path: Path) -> None:
    (tmp_path / "other" / ".apprentice").mkdir(parents=True)
    (tmp_path / "other" / ".apprentice" / "settings.toml").write_text('mode = "plan"\n')
    trusted(tmp_path / "other")
    assert main(["--plain", "-C", "../other"]) == 0
    settings, workspace, *_ = repl.calls[0]
    assert (settings.mode, workspace) == ("plan", tmp_path / "other")


@pytest.mark.parametrize("flags", [["-p", "why?"], ["--print", "why?"], ["--print=why?"]])
def test_print_answers_once(oneshot: Opened, pipe: Callable[[bytes], None], flags: list[str]) -> None:
    pipe(b"")
    assert main(flags) == 0
    assert oneshot.calls[0][2:] == (None, ("why?",), {"output": "text", "stdin_text": ""})


@pytest.mark.parametrize(
    ("flags", "output"),
    [
        (["--json"], "json"),
        (["--output-format", "json"], "json"),
        (["--output-format", "stream-json"], "stream-json"),
        (["--output-format", "text"], "text"),
    ],
)
def test_the_form_of_the_output(
    oneshot: Opened, pipe: Callable[[bytes], None], flags: list[str], output: str
) -> None:
    pipe(b"")
    assert main(["-p", "why?", *flags]) == 0
    assert oneshot.calls[0][4]["output"] == output


def test_what_is_piped_is_context(oneshot: Opened, pipe: Callable[[bytes], None]) -> None:
    pipe("Tracebück\n".encode() + b"\xff")
    assert main(["-p", "why?"]) == 0
    assert oneshot.calls[0][3:] == (("why?",), {"output": "text", "stdin_text": "Tracebück\n\ufffd"})


@pytest.mark.parametrize("flags", [["-p", "-"], ["-p"], ["--json", "-p"]])
def test_the_request_itself_may_be_piped(
    oneshot: Opened, pipe: Callable[[bytes], None], flags: list[str]
) -> None:
    pipe(b"where is it?\n")
    assert main(flags) == 0
    assert oneshot.calls[0][3] == ("where is it?\n",)
    assert oneshot.calls[0][4]["stdin_text"] == ""


def test_resume_without_an_id_is_the_latest_in_one_shot(
    oneshot: Opened, pipe: Callable[[bytes], None]
) -> None:
    pipe(b"")
    assert main(["-r", "-p", "on"]) == 0
    assert oneshot.calls[0][2] == "latest"


def test_a_silent_pipe_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    try:
        with os.fdopen(reading) as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            assert piped.piped_text(wait_s=0.05) == ""
    finally:
        os.close(writing)
    assert "nothing came through the pipe" in capsys.readouterr().err


def test_a_pipe_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo")
    os.close(writing)
    with os.fdopen(reading) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert piped.piped_text() == "one\ntwo"


def test_a_closed_stdin_is_no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert piped.piped_text() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "this is no terminal: give a request with -p TEXT, or use --plain"),
        (["--json"], "need -p TEXT"),
        (["--output-format", "json"], "need -p TEXT"),
        (["-c", "-r", "x"], "-c or -r, not both"),
        (["--plain", "sessions", "list"], "do not go with a command"),
        (["-p", "x", "doctor"], "do not go with a command"),
        (["--mode", "yolo"], "'yolo' is not one of"),
        (["--moed", "plan"], "No such option"),
        (["sesions"], "no command 'sesions'; did you mean"),
        (["--max-steps", "many", "--plain"], "not a valid integer"),
        (["--max-steps", "0", "--plain"], "command line: loop.max_steps: input should be greater"),
        (["-C", "/nowhere/at/all"], "cannot work in /nowhere/at/all: No such file or directory"),
        (["-C", "/dev/null"], "not a folder"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("apprentice: ")
    assert err.count("\n") == 1
    assert said in err


def test_M1_bad_settings_are_one_line_and_exit_code_2(
    repl: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("\nmoed = 1\n")
    assert main(["--plain"]) == 2
    assert f"{tmp_path}/config/settings.toml:2: unknown key 'moed'" in capsys.readouterr().err


def test_M6_no_place_for_files_is_one_line(
    repl: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPRENTICE_CONFIG_DIR", "here")
    assert main(["--plain"]) == 1
    assert capsys.readouterr().err == "apprentice: APPRENTICE_CONFIG_DIR is 'here': give an absolute path\n"


class StrangeError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (StrangeError("boom\n\x1b[31mred"), 1, "unexpected StrangeError: boom"),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_how_errors_end_the_program(
    repl: Opened, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    repl.error = error
    assert main(["--plain"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert err.count("\n") == 1 if said else err.strip() == ""


def test_debug_shows_the_traceback_and_writes_a_log(
    repl: Opened, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    repl.error = StrangeError("boom")
    assert main(["--plain", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
    assert (tmp_path / "state" / "logs").is_dir()


def test_a_folder_that_was_deleted_is_said(
    folders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.rmdir()
    assert main(["--plain"]) == 2
    assert "cannot work in the current folder" in capsys.readouterr().err


def test_settings_that_a_workspace_may_not_loosen_are_said(repl: Opened, folders: Path) -> None:
    """The interface that is opened shows them, after its first paint."""
    (folders / ".apprentice").mkdir()
    (folders / ".apprentice" / "settings.toml").write_text('mode = "auto"\n')
    trusted(folders)
    assert main(["--plain"]) == 0
    settings = repl.calls[0][0]
    assert "settings.toml:1: mode is ignored: a workspace may only tighten" in settings.notices[0]
    assert repl.calls[0][0].mode == "ask"


def make_session(workspace: Path, tmp_path: Path, request: str) -> str:
    folder = tmp_path / "data" / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    session = SessionStore(folder).create(workspace)
    session.append(Message("user", request))
    session.close()
    return session.id


def test_resume_without_an_id_lets_the_person_choose(
    tui: Opened, terminal: None, folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    first = make_session(folders, tmp_path, "first")
    make_session(folders, tmp_path, "second")
    monkeypatch.setattr(sys, "stdin", io.StringIO("9\n2\n"))
    assert main(["-r"]) == 0
    assert tui.calls[0][2] == first
    shown = capsys.readouterr().err
    assert shown.index("second") < shown.index("first")


def test_resume_without_an_id_where_there_is_nothing(
    tui: Opened, terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-r"]) == 0
    assert tui.calls[0][2] is None
    assert "no session in this folder yet" in capsys.readouterr().err


def test_leaving_the_choice_opens_nothing(
    tui: Opened, terminal: None, folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request in "ab":
        make_session(folders, tmp_path, request)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["-r"]) == 130
    assert tui.calls == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("apprentice ")
    assert out.count("\n") == 1


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_flags_and_commands(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    assert main([flag]) == 0
    out = capsys.readouterr().out
    for word in ("--print", "--resume", "--max-steps", *COMMANDS, "completion"):
        assert word in out


def test_every_flag_has_a_help_text() -> None:
    for parameter in cli.params:
        assert parameter.to_info_dict().get("help"), parameter.name


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import json, sys\n"
        "from assistant.cli.main import main\n"
        f"code = main({list(arguments)!r})\n"
        "sys.stderr.write(json.dumps([code, sorted(sys.modules)]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    exit_code, modules = json.loads(ended.stderr)
    assert exit_code == 0
    return {name.partition(".")[0] for name in modules}


def test_the_version_is_quick_because_nothing_heavy_is_imported() -> None:
    assert imported_by("--version") & set(HEAVY) == set()


def test_listing_sessions_imports_no_interface_and_no_model() -> None:
    assert (
        imported_by("sessions", "list", "--json") & {"textual", "llama_cpp", "openai", "docker", "httpx"}
        == set()
    )


def test_python_m_assistant_is_the_same_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "assistant", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.startswith("apprentice ")


def test_an_exit_code_reaches_the_shell() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "assistant", "--mode", "yolo"], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_reader_that_leaves_early_causes_no_traceback(folders: Path, tmp_path: Path) -> None:
    make_session(folders, tmp_path, "x" * 400_000)
    shell = f"{sys.executable} -m assistant sessions show latest | head -c 1"
    ended = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "#"
    assert ended.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert main(["completion", shell]) == 0
    assert "_APPRENTICE_COMPLETE" in capsys.readouterr().out


def test_completion_completes_commands() -> None:
    environ = {
        **os.environ,
        "_APPRENTICE_COMPLETE": "bash_complete",
        "COMP_WORDS": "apprentice ses",
        "COMP_CWORD": "1",
    }
    code = "from assistant.cli.main import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environ
    )
    assert ended.stdout == "plain,sessions\n"


@pytest.mark.parametrize(("words", "flags"), [(["fix the bug"], []), (["fix", "the", "bug"], ["--plain"])])
def test_words_in_the_place_of_a_command_are_the_first_request(
    words: list[str], flags: list[str], tui: Opened, repl: Opened, terminal: None
) -> None:
    assert main([*flags, *words]) == 0
    (opened,) = (repl if flags else tui).calls
    assert opened[-1] == {"first": "fix the bug"}


def test_a_command_that_was_mistyped_is_no_request(capsys: pytest.CaptureFixture[str], tui: Opened) -> None:
    assert main(["sesions"]) == 2
    assert "did you mean 'sessions'?" in capsys.readouterr().err
    assert main(["-p", "one", "two words"]) == 2
    assert "-p has its request already" in capsys.readouterr().err
    assert tui.calls == []
