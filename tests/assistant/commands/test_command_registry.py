"""The registry: names, aliases, the nearest name, completion, dispatch."""

from pathlib import Path
from typing import Any

import pytest

from assistant.commands import registry
from assistant.commands.base import CommandContext
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat

NAMES = [
    "help",
    "clear",
    "compact",
    "new",
    "reset",
    "sessions",
    "resume",
    "save",
    "load",
    "export",
    "undo",
    "redo",
    "rewind",
    "diff",
    "models",
    "tools",
    "permissions",
    "plan",
    "mode",
    "model",
    "status",
    "context",
    "decisions",
    "why",
    "curate",
    "teach",
    "jobs",
    "train",
    "learn",
    "arena",
    "doctor",
    "exit",
    "quit",
]


@pytest.fixture
def context(tmp_path: Path) -> CommandContext:
    folder = tmp_path / "project"
    folder.mkdir()
    chat: Any = FakeChat(folder)
    return CommandContext(chat, Recorder())


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(name: str) -> None:
    command = registry.find(name)
    assert command is not None
    assert registry.find(f"/{name.upper()}") is command


def test_no_name_is_taken_twice() -> None:
    names = [name for command in registry.COMMANDS for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names))


def test_every_command_has_help_of_one_short_line() -> None:
    for command in registry.COMMANDS:
        assert 10 <= len(command.summary) <= 80, command.name
        assert "\n" not in command.summary


def test_groups_hold_every_command_once() -> None:
    grouped = [command for group in registry.GROUPS.values() for command in group]
    assert tuple(grouped) == registry.COMMANDS


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sesions", "sessions"),
        ("hlep", "help"),
        ("/doc", "doctor"),
        ("quti", "quit"),
        ("modl", "model"),
        ("decison", "decisions"),
        ("ex", "exit"),
        ("", "help"),
    ],
)
def test_nearest(typed: str, meant: str) -> None:
    assert registry.nearest(typed) == meant


async def test_unknown_command_suggests_the_nearest_and_never_reaches_the_student(
    context: CommandContext,
) -> None:
    assert await registry.dispatch(context, "/sesions now")
    assert context.interface.errors == ["no command /sesions; did you mean /sessions?"]


async def test_only_what_is_near_is_suggested(context: CommandContext) -> None:
    assert await registry.dispatch(context, "/nosuch")
    assert context.interface.errors == ["no command /nosuch; /help lists them"]


@pytest.mark.parametrize("line", ["why is it so?", "!ls", "/etc/hosts what is it?", "", "  explain /help"])
async def test_lines_that_are_no_command_belong_to_someone_else(context: CommandContext, line: str) -> None:
    assert not await registry.dispatch(context, line)
    assert context.interface.said == []


async def test_command_runs_with_its_argument(context: CommandContext) -> None:
    assert await registry.dispatch(context, "  /mode   plan  ")
    assert context.chat.status().mode == "plan"


@pytest.mark.parametrize(
    "name", ["clear", "models", "sessions", "tools", "plan", "status", "context", "doctor", "exit"]
)
async def test_argument_to_a_command_that_takes_none_is_one_line(context: CommandContext, name: str) -> None:
    await registry.dispatch(context, f"/{name} nonsense")
    assert context.interface.errors == [f"/{name} takes no argument"]
    assert not context.interface.left


async def test_name_of_an_unknown_command_is_inert(context: CommandContext) -> None:
    await registry.dispatch(context, "/\x1b[2Jx")
    assert "\x1b" not in context.interface.errors[0]


def test_names_complete_with_their_summary(context: CommandContext) -> None:
    found = registry.complete(context, "/se")
    assert found == [("/sessions", registry.find("sessions").summary)]
    assert [line for line, _ in registry.complete(context, "/re")] == [
        "/reset",
        "/resume",
        "/redo",
        "/rewind",
    ]


def test_slash_alone_completes_every_name(context: CommandContext) -> None:
    assert {line for line, _ in registry.complete(context, "/")} == {f"/{name}" for name in NAMES}


def test_arguments_complete_as_whole_lines(context: CommandContext) -> None:
    assert [line for line, _ in registry.complete(context, "/mode p")] == ["/mode plan"]
    assert [line for line, _ in registry.complete(context, "/help de")] == ["/help decisions"]
    assert [line for line, _ in registry.complete(context, "/quit x")] == []


@pytest.mark.parametrize("text", ["", "hello", "/nosuch x", " /help"])
def test_nothing_completes_elsewhere(context: CommandContext, text: str) -> None:
    assert registry.complete(context, text) == []
