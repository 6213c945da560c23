"""``apprentice sessions``: list, show and export what was said."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from assistant.agent.sessions import SessionSummary, export_json, export_markdown
from assistant.cli.invocation import (
    Invocation,
    is_raw,
    is_terminal,
    pass_invocation,
    print_json,
    print_notices,
    print_text,
    raw_option,
)
from assistant.text_safety import visible

CHOICES = 20


@click.group()
def sessions() -> None:
    """List, show and export sessions."""


@sessions.command("list")
@click.option("--all", "everywhere", is_flag=True, help="Sessions of every folder, not of this one alone.")
@click.option("--once", is_flag=True, help="Also those that -p made; -r ID opens them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@raw_option
@pass_invocation
def list_sessions(invocation: Invocation, everywhere: bool, once: bool, as_json: bool) -> None:
    """Sessions of this folder, the last written first."""
    store = invocation.sessions()
    found = store.list(None if everywhere else invocation.workspace, once=once)
    if not everywhere:
        print_notices(tuple(store.problems()))
    if as_json:
        print_json([asdict(one) for one in found])
    elif found:
        for one in found:
            print_text(_line(one, where=everywhere))
    else:
        click.echo(
            "no session here yet; `apprentice` starts one, `--all` shows those of other folders, "
            "`--once` those of -p",
            err=True,
        )


@sessions.command()
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@raw_option
@pass_invocation
def show(invocation: Invocation, session: str, as_json: bool) -> None:
    """Print a session, given by id, start of id, title, or 'latest'."""
    _write(invocation, session, as_json=as_json)


@sessions.command()
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of Markdown.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; stdout without it.")
@raw_option
@pass_invocation
def export(invocation: Invocation, session: str, as_json: bool, output: str | None) -> None:
    """Write a session as Markdown or JSON: inert, and without secrets; --raw writes it as it was said."""
    _write(invocation, session, as_json=as_json, output=output)


def choose_session(invocation: Invocation) -> str | None:
    """Let the person choose a session of the workspace; None for a new one.

    Without a terminal, or with one session only, there is nothing to choose: the latest.
    """
    store = invocation.sessions()
    print_notices(tuple(store.problems()))
    found = store.list(invocation.workspace)[:CHOICES]
    if not found:
        click.echo("no session in this folder yet; starting a new one", err=True)
        return None
    if len(found) == 1 or not is_terminal():
        return found[0].id
    for number, one in enumerate(found, 1):
        click.echo(f"{number:3}  {_line(one)}", err=True)
    answer: int = click.prompt("Resume which", type=click.IntRange(1, len(found)), default=1, err=True)
    return found[answer - 1].id


def _write(invocation: Invocation, key: str, *, as_json: bool, output: str | None = None) -> None:
    store = invocation.sessions()
    if key == "latest":
        summary = store.latest_summary(invocation.workspace)
        print_notices(tuple(store.problems(since=store.path_of(summary) if summary else None)))
        if summary is None:
            raise click.ClickException("no session in this folder yet")
        key = summary.id
    session = store.load(key, read_only=True)
    print_notices(session.notices)
    raw = is_raw()
    text = export_json(session, raw=raw) + "\n" if as_json else export_markdown(session, raw=raw)
    try:
        with click.open_file(output or "-", "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from error


def _line(one: SessionSummary, *, where: bool = False) -> str:
    said = one.problem or one.title or "(no request yet)"
    turns = f"{one.turns} turn{'' if one.turns == 1 else 's'}"
    folder = f"  {one.workspace}" if where else ""
    return visible(f"{one.id}  {_ago(one.updated):>8}  {turns:>9}  {said}{folder}")


def _ago(moment: str, now: datetime | None = None) -> str:
    try:
        seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    except (ValueError, TypeError):
        return "?"
    units: Sequence[tuple[int, str]] = ((86400, "d"), (3600, "h"), (60, "min"))
    return next((f"{int(seconds // size)} {unit}" for size, unit in units if seconds >= size), "just now")
