"""Shorthands for judging a command in the tests of permissions."""

from collections.abc import Sequence
from pathlib import Path

from tools.calls import Risk, ToolCall
from tools.permissions.book import Permissions
from tools.permissions.judgement import Judgement, Mode
from tools.permissions.settings import PermissionSettings

WORKSPACE = Path("/nonexistent/workspace")


def book(
    allow: Sequence[str] = (), deny: Sequence[str] = (), ask: Sequence[str] = (), mode: Mode = "ask"
) -> Permissions:
    settings = PermissionSettings(allow=tuple(allow), deny=tuple(deny), ask=tuple(ask))
    return Permissions(mode, settings, WORKSPACE)


def shell(command: str) -> ToolCall:
    return ToolCall("1", "run_shell", {"command": command})


def judge(
    command: str,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    ask: Sequence[str] = (),
    mode: Mode = "ask",
) -> Judgement:
    return book(allow, deny, ask, mode).judge(shell(command), Risk.EXECUTE)
