"""The command line: ``apprentice`` and its flags; a command group is a file beside this one.

Invariant: nothing is imported before it is needed; an expected error is one line on stderr and an exit
code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

import click

from assistant.cli.failures import NAME, complain, failed, give_up_stdout
from assistant.cli.invocation import Invocation, is_terminal, pass_invocation
from assistant.cli.lazy import REQUEST, LazyGroup
from assistant.cli.piped import piped_text

Output = Literal["text", "json", "stream-json"]

COMMANDS = {
    "config": "assistant.cli.config:config",
    "data": "assistant.cli.data:data",
    "decisions": "assistant.cli.decisions:decisions",
    "doctor": "assistant.cli.doctor:doctor",
    "models": "assistant.cli.models:models",
    "eval": "assistant.cli.eval:evaluation",
    "jobs": "assistant.cli.jobs:jobs",
    "learn": "assistant.cli.learn:learn",
    "permissions": "assistant.cli.permissions:permissions",
    "sessions": "assistant.cli.sessions:sessions",
    "teach": "assistant.cli.teach:teach",
    "tools": "assistant.cli.tools:tools",
    "train": "assistant.cli.train:train",
    "trust": "assistant.cli.trust:trust",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(given, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return complain(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        give_up_stdout()
        return 1
    except Exception as error:  # noqa: BLE001 - the edge of the program: nobody above can answer
        return failed(error, debug="--debug" in given)
    return code if isinstance(code, int) else 0


def _print_version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"{NAME} {version(NAME)}")
        context.exit()


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-p",
    "--print",
    "request",
    metavar="TEXT",
    is_flag=False,
    flag_value="-",
    default=None,
    help="Answer once and exit; piped input is context. '-' takes the request from stdin.",
)
@click.option("--output-format", type=click.Choice(get_args(Output)), help="What -p prints.")
@click.option("--json", "as_json", is_flag=True, help="Short for --output-format json.")
@click.option("-c", "--continue", "latest", is_flag=True, help="Continue the last session of this folder.")
@click.option(
    "-r",
    "--resume",
    "resume",
    metavar="[ID]",
    is_flag=False,
    flag_value="",
    default=None,
    help="Resume a session by id, start of id, or title; choose from a list without one.",
)
@click.option(
    "-m", "--model", help="The student: an id of `models list`, a GGUF file, or an OpenAI-compatible URL."
)
@click.option("--mode", type=click.Choice(["plan", "ask", "edit", "auto"]), help="Permission mode.")
@click.option("--sandbox", type=click.Choice(["auto", "docker", "bubblewrap", "off"]), help="Sandbox engine.")
@click.option("-C", "--cd", "folder", metavar="FOLDER", help="Work in this folder.")
@click.option("--max-steps", type=int, metavar="N", help="Decisions that one turn may take.")
@click.option("--plain", is_flag=True, help="A line-by-line interface instead of the full screen.")
@click.option("--debug", is_flag=True, help="Write a debug log and show tracebacks.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(
    context: click.Context,
    /,
    request: str | None,
    output_format: Output | None,
    as_json: bool,
    latest: bool,
    resume: str | None,
    folder: str | None,
    plain: bool,
    debug: bool,
    **given: Any,
) -> int | None:
    """A terminal coding assistant whose local model gets better at its own tools.

    Without a command it opens the chat in the current folder; with words in its place, such as
    "fix the bug", it sends them first.
    """
    keys = {
        "model": "student.model",
        "mode": "mode",
        "sandbox": "sandbox.engine",
        "max_steps": "loop.max_steps",
    }
    flags = {key: given[name] for name, key in keys.items() if given[name] is not None}
    invocation = context.obj = Invocation(_workspace(folder), flags)
    from assistant.workspaces import guard

    guard(invocation.workspace)
    if debug:
        _start_debug_log()
    if request is None and (as_json or output_format):
        raise click.UsageError("--json and --output-format need -p TEXT (a command has a --json of its own)")
    if latest and resume is not None:
        raise click.UsageError("give -c or -r, not both")
    if context.invoked_subcommand is not None:
        if request is not None or latest or resume is not None or plain:
            raise click.UsageError("-p, -c, -r and --plain open the chat; they do not go with a command")
        return None
    session = "latest" if latest else resume
    first = context.meta.get(REQUEST, "")
    if first and request is not None:
        raise click.UsageError("-p has its request already; give one text")
    if request is not None:
        return _answer_once(invocation, session, request, "json" if as_json else output_format or "text")
    return _open_chat(invocation, session, first, plain=plain)


def _open_chat(invocation: Invocation, session: str | None, first: str, *, plain: bool) -> int:
    """``first`` is sent as soon as the chat is open; empty for nothing."""
    if not plain and not is_terminal():
        raise click.UsageError("this is no terminal: give a request with -p TEXT, or use --plain")
    from assistant.cli.trust import ask_once

    ask_once(invocation)
    if session == "":
        from assistant.cli.sessions import choose_session

        session = choose_session(invocation)
    if plain:
        from assistant import repl

        return repl.run(invocation.settings(), invocation.workspace, session, first=first)
    with _loading():
        app = import_module("assistant.tui.app")
    code: int = app.run(invocation.settings, invocation.workspace, session, first=first)
    return code


@contextmanager
def _loading() -> Iterator[None]:
    """Load modules without the collector, which would find nothing and costs a sixth of the start.

    What was loaded stays until the end, so later collections need not look at it either.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _answer_once(invocation: Invocation, session: str | None, request: str, output: Output) -> int:
    """Never asks whether the folder is trusted: what is not, is not loaded, and a notice says so."""
    settings = invocation.settings()
    piped = piped_text()
    if request == "-":
        request, piped = piped, ""
    from assistant import oneshot

    session = "latest" if session == "" else session
    return oneshot.run(settings, invocation.workspace, session, request, output=output, stdin_text=piped)


def _workspace(folder: str | None) -> Path:
    try:
        workspace = Path(folder or ".").expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.UsageError(f"cannot work in {folder or 'the current folder'}: {reason}") from error
    if not workspace.is_dir():
        raise click.UsageError(f"cannot work in {workspace}: not a folder")
    return workspace


def _start_debug_log() -> None:
    import logging

    from assistant import paths

    logging.basicConfig(
        filename=paths.logs_dir() / "debug.log",
        level=logging.DEBUG,
        format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s",
    )


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_invocation
def completion(invocation: Invocation, shell: str) -> None:
    """Print the completion script of a shell.

    For bash: apprentice completion bash > ~/.local/share/bash-completion/completions/apprentice
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(found(cli, {}, NAME, f"_{NAME.upper()}_COMPLETE").source())
