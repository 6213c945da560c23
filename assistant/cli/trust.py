"""``apprentice trust``: what a folder would have the program load, and the person's word on it.

Invariant: what comes from the folder is shown escaped, and nothing but a person's answer at a terminal, or
their own ``--yes``, makes it trusted; no is the default.
"""

import contextlib
import sys
import termios

import click

from assistant.cli.failures import complain
from assistant.cli.invocation import Invocation, is_terminal, pass_invocation, print_json
from assistant.text_safety import visible
from assistant.trust import INSTRUCTIONS, Folder, Found, Standing, look
from assistant.trust_book import TrustBook, the_book

FIRST_LINES = 8
LINE_CHARACTERS = 100
WORDS = {
    Standing.EMPTY: "nothing here would be loaded",
    Standing.UNKNOWN: "not trusted yet: none of it is loaded",
    Standing.CHANGED: "changed since you last decided: none of it is loaded",
    Standing.TRUSTED: "trusted, as it is now",
    Standing.REFUSED: "not trusted: none of it is loaded",
}


@click.command()
@click.option("--yes", "word", flag_value="yes", help="Trust what this folder holds now, until it changes.")
@click.option("--no", "word", flag_value="no", help="Load nothing of it, and do not ask until it changes.")
@click.option("--forget", "word", flag_value="forget", help="Take back what you said; the next start asks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def trust(invocation: Invocation, word: str | None, as_json: bool) -> None:
    """Show what this folder would have Apprentice load: AGENTS.md and its settings.

    Without --yes, --no or --forget it changes nothing.
    """
    folder, book = look(invocation.workspace), the_book()
    if problem := book.problem():
        complain(problem)
    if word == "forget":
        book.forget(folder)
    elif word and folder.files:
        book.decide(folder, trusted=word == "yes")
    standing = book.standing(folder)
    if as_json:
        files = [
            {"name": one.name, "bytes": len(one.content), "problem": one.problem} for one in folder.files
        ]
        print_json({"workspace": str(folder.path), "standing": standing, "files": files})
        return
    for line in _listing(folder):
        click.echo(line)
    click.echo(f"{visible(str(folder.path))}: {WORDS[standing]}")


def ask_once(invocation: Invocation) -> None:
    """Ask whether this folder is trusted, where nothing was said of it as it is now and a person is there."""
    folder = look(invocation.workspace)
    if not folder.files or not is_terminal():
        return
    book = the_book()
    standing = book.standing(folder)
    if standing in (Standing.UNKNOWN, Standing.CHANGED):
        _ask(folder, book, changed=standing is Standing.CHANGED)


def _ask(folder: Folder, book: TrustBook, *, changed: bool) -> None:
    why = "These files changed since you last decided" if changed else "This folder brings its own"
    click.echo(f"{why}, and Apprentice would load them:\n", err=True)
    for line in _listing(folder):
        click.echo(line, err=True)
    click.echo("\nInstructions steer the student; settings can only tighten yours.", err=True)
    choices = click.Choice(["y", "s", "n"])
    asked = "Trust them? y yes, until they change; s show them whole; n no, go on without"
    _forget_typed()
    while True:
        answer = click.prompt(asked, type=choices, default="n", show_choices=False, err=True)
        if answer != "s":
            break
        for one in folder.files:
            click.echo(f"\n--- {visible(one.name)}\n{visible(one.text)}", err=True)
    book.decide(folder, trusted=answer == "y")


def _forget_typed() -> None:
    """A key that was pressed before the question appeared is no answer to it."""
    with contextlib.suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _listing(folder: Folder) -> list[str]:
    """Each file with its size and its first lines, escaped."""
    lines: list[str] = []
    for one in folder.files:
        rows = one.text.splitlines()
        lines.append(f"  {visible(one.name)}  {_facts(one)}")
        lines += [f"    | {visible(row[:LINE_CHARACTERS])}" for row in rows[:FIRST_LINES]]
        if len(rows) > FIRST_LINES:
            lines.append(f"    | ... {len(rows) - FIRST_LINES:,} more lines")
    return lines


def _facts(one: Found) -> str:
    if one.problem:
        return f"cannot be loaded: {one.problem}"
    what = "instructions for the student" if one.name in INSTRUCTIONS else "settings"
    return f"{len(one.content):,} bytes, {what}"
