"""What the root command hands to every command below it, and how commands print facts."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.text_safety import visible

if TYPE_CHECKING:
    from assistant.agent.sessions import SessionStore
    from assistant.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """The workspace, resolved, and the settings given as flags, by dotted key."""

    workspace: Path
    flags: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> "Settings":
        """All sources joined. Raises SettingsError."""
        # pydantic costs 60 ms, and `--version` needs no settings.
        from assistant.settings import load_settings

        return load_settings(self.workspace, flags=self.flags)

    def sessions(self) -> "SessionStore":
        """The person's sessions. Raises PathsError."""
        from assistant import paths
        from assistant.agent.sessions import SessionStore

        return SessionStore(paths.sessions_dir())


pass_invocation = click.make_pass_decorator(Invocation)


_RAW = "assistant.raw"


def _note_raw(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    context.meta[_RAW] = context.meta.get(_RAW, False) or value


raw_option = click.option(
    "--raw",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_note_raw,
    help="As it is stored, with secrets and control characters where it holds any.",
)
"""For commands that print what others wrote."""


def is_raw() -> bool:
    """Whether ``--raw`` was given to the command that runs."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_RAW))


def print_json(content: Any) -> None:
    """One JSON document on stdout, ASCII, so that it is whole in any locale; without secrets."""
    if not is_raw():
        from assistant.outgoing import outgoing_value

        content = outgoing_value(json.loads(json.dumps(content, default=str)))
    click.echo(json.dumps(content, indent=2, default=str))


def print_text(text: str, *, nl: bool = True) -> None:
    """Inert text on stdout, without secrets."""
    if not is_raw():
        from training.events.redaction import redact_text

        text = redact_text(text)
    click.echo(text, nl=nl)


def print_notices(notices: tuple[str, ...]) -> None:
    """Lines that the person should know, on stderr."""
    for notice in notices:
        click.echo(f"apprentice: {visible(notice)}", err=True)


def is_terminal() -> bool:
    """Whether a person sits at both ends: stdin and stdout."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
