"""/help /tools /status /doctor /exit, /model, /plan and /mode."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.commands.help_text import KEYS, PREFIXES
from sandbox.base import Check
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat
from training.models import fitting
from training.models.digest import sha256_of_file
from training.models.store import Installed, ModelStore


def made(tmp_path: Path, **options: Any) -> tuple[FakeChat, Recorder, CommandContext]:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    chat: Any = FakeChat(folder)
    interface = Recorder(**options)
    return chat, interface, CommandContext(chat, interface)


async def shown(tmp_path: Path, line: str) -> str:
    _, interface, context = made(tmp_path)
    assert await registry.dispatch(context, line)
    assert interface.errors == []
    [text] = interface.shown
    return text


async def test_help_lists_every_command_by_group_and_the_keys(tmp_path: Path) -> None:
    text = await shown(tmp_path, "/help")
    for group, commands in registry.GROUPS.items():
        section = text.split(f"## {group}\n", 1)[1].split("\n#", 1)[0]
        for command in commands:
            assert f"`/{command.name}" in section
            assert command.summary in section
            assert all(f"`/{alias}`" in section for alias in command.aliases)
    for key, meaning in (*PREFIXES, *KEYS):
        assert f"`{key}` {meaning}" in text


async def test_help_of_one_command_by_alias(tmp_path: Path) -> None:
    assert await shown(tmp_path, "/help /RESUME") == (
        "`/sessions`, `/resume`: choose an earlier session and go on with it"
    )


async def test_help_of_an_unknown_command_is_one_line(tmp_path: Path) -> None:
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, "/help nosuch")
    assert interface.errors == ["no command /nosuch; /help lists them"]


@pytest.mark.parametrize("name", ["help", "tools", "status", "context", "doctor", "model"])
async def test_panel_takes_the_place_of_the_text(tmp_path: Path, name: str) -> None:
    _, interface, context = made(tmp_path, panels=(name,))
    await registry.dispatch(context, f"/{name}")
    assert interface.opened == [name]
    assert interface.shown == []


async def test_tools_show_name_risk_and_description(tmp_path: Path) -> None:
    rows = (await shown(tmp_path, "/tools")).split("\n")
    assert rows[0] == "| tool | risk | what it does |"
    assert rows[2] == "| `read_file` | read | Read a text file. |"
    assert rows[3] == r"| `run_shell` | execute | Run a command \| in the sandbox. |"


async def test_status_shows_the_facts_of_the_status_line(tmp_path: Path) -> None:
    text = await shown(tmp_path, "/status")
    for fact in ("ask: ", "SmolLM2-135M-Instruct", "bubblewrap", "1,024 of 8,192", "nothing asked yet"):
        assert fact in text


async def test_status_tells_how_the_sessions_tools_did(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    selection = {"way": "shortlist", "tools_tokens": 100, "schemas_tokens": 1100, "ranked": ["read_file"]}
    chat.decided = [
        {
            "session_id": "s",
            "tool_selected": "read_file",
            "tools_available": [{"name": "read_file"}, {"name": "answer"}],
            "context": {"request": "read", "selection": selection, "usage": {"prompt_tokens": 200}},
            "outcome": {"success": True, "result": "text", "execution_time_ms": 12.0},
            "review": None,
            "after": {"followed": True, "against": "", "proof": ""},
        }
    ]
    await registry.dispatch(context, "/status")
    [text] = interface.shown
    assert "| tools: calls | 1, 100% succeeded; p50 12 ms, p95 12 ms |" in text
    assert "| tools: offered | shortlist 1; 2.0 tools each; 0 widened |" in text
    assert "| tools: ranker | the right tool first 100%, among three 100% of 1 |" in text
    assert "| tools: tokens saved | about 1,000: 1,000 a prompt |" in text


async def test_status_says_what_is_not_ready(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    chat.facts = replace(
        chat.facts, student_state="starting", sandbox="", sandbox_state="off", context_limit=0, tokens_per_s=0
    )
    await registry.dispatch(context, "/status")
    [text] = interface.shown
    assert "| student | `SmolLM2-135M-Instruct (starting)` |" in text
    assert "| sandbox | `off` |" in text
    assert "| context | unknown |" in text


async def test_doctor_shows_what_mends_a_failure(tmp_path: Path) -> None:
    assert (await shown(tmp_path, "/doctor")).split("\n") == [
        "- ok student: loads",
        r"- **no** sandbox: no bubblewrap \| no docker",
        "  - to mend it: `apt install bubblewrap`",
    ]


async def test_doctor_shows_no_cure_for_what_works(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)

    async def healthy() -> list[Check]:
        return [Check("git", True, "2.39", "apt install git"), Check("odd", False)]

    chat.doctor = healthy  # type: ignore[method-assign]
    await registry.dispatch(context, "/doctor")
    assert interface.shown == ["- ok git: 2.39\n- **no** odd"]


@pytest.mark.parametrize("line", ["/exit", "/quit"])
async def test_exit(tmp_path: Path, line: str) -> None:
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, line)
    assert interface.left


async def test_model_without_argument_shows_it(tmp_path: Path) -> None:
    assert "`SmolLM2-135M-Instruct`" in await shown(tmp_path, "/model")


def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model on this machine that is called ``mine``."""
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    store = ModelStore()
    with store.pulling("mine") as folder:
        part = folder / "x.part"
        part.write_bytes(b"GGUF" * 100)
        facts = {
            "name": "Mine",
            "base": "",
            "repo": "a/b",
            "file": "mine.gguf",
            "revision": "",
            "license": "mit",
        }
        model = Installed(id="mine", sha256=sha256_of_file(part), bytes=400, **facts)
        store.publish(model, part)


@pytest.mark.usefixtures("nothing_shipped")
async def test_models_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled(tmp_path, monkeypatch)
    monkeypatch.setattr(fitting, "available_bytes", lambda: 3_000_000_000)
    monkeypatch.setattr(fitting, "cores", lambda: 2)
    shown_now = await shown(tmp_path, "/models")
    lines = shown_now.splitlines()
    assert lines[2].startswith("| `embedded` | in use |")
    assert lines[3] == "| `mine` | installed | 0 MB | yes | mit |"
    assert any(line.startswith("| `qwen2.5-coder-1.5b` | available, recommended here |") for line in lines)
    fits = [line.split(" | ")[3] for line in lines[2:] if line.startswith("| `")]
    assert fits == sorted(fits, reverse=True) and set(fits) == {"yes", "no"}


@pytest.mark.usefixtures("nothing_shipped")
async def test_model_without_argument_lets_choose_among_what_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(tmp_path, monkeypatch)
    chat, interface, context = made(tmp_path, picks=1)
    await registry.dispatch(context, "/model")
    assert [value for value, _ in interface.offered] == ["embedded", "mine"]
    assert chat.models == ["mine"]
    await registry.dispatch(context, "/model")
    assert interface.offered[0] == ("mine", "mine  (in use, 0 MB)")
    assert [line for line, _ in registry.complete(context, "/model m")] == ["/model mine"]


async def test_choosing_the_one_that_serves_loads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(tmp_path, monkeypatch)
    chat, _, context = made(tmp_path, picks=0)
    await registry.dispatch(context, "/model")
    assert chat.models == []


async def test_a_record_that_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(tmp_path, monkeypatch)
    (tmp_path / "data" / "models" / "mine" / "record.json").write_text("{")
    _, interface, context = made(tmp_path)
    await registry.dispatch(context, "/models")
    assert "the record of this model cannot be read" in interface.errors[0]


async def test_G11_status_says_why_the_window_is_smaller_than_the_models(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    notice = "a context of 8,192 tokens of the model's 40,960"
    chat.facts = replace(chat.facts, student_notice=notice)
    await registry.dispatch(context, "/status")
    assert notice in interface.shown[0]


async def test_model_changes_the_student(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/model http://127.0.0.1:8080/v1")
    assert chat.models == ["http://127.0.0.1:8080/v1"]
    assert interface.said[-1] == ("information", "the student is http://127.0.0.1:8080/v1")


async def test_model_that_cannot_serve_is_one_line(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/model missing.gguf")
    assert interface.errors == ["missing.gguf: no such file; give the path of a GGUF file"]
    assert chat.models == []


@pytest.mark.usefixtures("nothing_shipped")
def test_model_completes_files_and_folders(tmp_path: Path) -> None:
    chat, _, context = made(tmp_path)
    (chat.workspace / "big.gguf").touch()
    (chat.workspace / "notes.txt").touch()
    (chat.workspace / "models").mkdir()
    (chat.workspace / "models" / "small.gguf").touch()

    def lines(text: str) -> list[str]:
        return [line for line, _ in registry.complete(context, text)]

    assert lines("/model ") == ["/model embedded", "/model big.gguf"]
    assert lines("/model models/") == ["/model models/small.gguf"]
    assert lines(f"/model {chat.workspace}/mod") == [f"/model {chat.workspace}/models"]
    assert lines("/model nowhere/x") == []


async def test_plan_toggles(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/plan")
    assert chat.facts.mode == "plan"
    await registry.dispatch(context, "/plan")
    assert chat.facts.mode == "ask"
    assert [text.split(":")[0] for _, text in interface.said] == ["mode plan", "mode ask"]


async def test_mode_sets_shows_and_refuses(tmp_path: Path) -> None:
    chat, interface, context = made(tmp_path)
    await registry.dispatch(context, "/mode auto")
    assert chat.facts.mode == "auto"
    await registry.dispatch(context, "/mode")
    assert interface.said[-1] == ("information", "mode auto: everything inside the sandbox passes")
    await registry.dispatch(context, "/mode yolo")
    assert interface.errors == ["no mode yolo: it is one of plan, ask, edit, auto"]
    assert chat.facts.mode == "auto"
