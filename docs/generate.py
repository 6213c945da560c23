"""Writes the pages that are made from the program itself: ``python docs/generate.py``.

Invariant: a page depends on the code alone, never on the machine. ``--check`` writes nothing, names the
pages that are stale and ends with 1; the test suite does the same.
"""

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
WIDTH = 80
TYPES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    tuple[str, ...]: "list of texts",
}
NOTE = "<!-- Made by docs/generate.py from the program; change the program, not this page. -->"


def cli_page() -> str:
    """The help of every command."""
    from assistant.cli.main import cli

    parts = [
        "# The command line",
        "",
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 (`-p`) a call was refused or nobody could be asked, "
        "130 interrupted.",
        "",
    ]
    for path, text in _helps(cli, None, "apprentice"):
        parts += [f"## {path}", "", "```", text, "```", ""]
    return _page(parts)


def _helps(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=WIDTH, **command.context_settings
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None and not child.hidden:
                yield from _helps(child, context, child_name)


def keys_page() -> str:
    """The keys of the full-screen chat."""
    from assistant.tui.keys import keys_markdown

    return _page(["# Keys", "", "Of the full-screen chat; F1 shows them there.", "", keys_markdown()])


def commands_page() -> str:
    """The slash commands."""
    from assistant.commands.registry import GROUPS

    parts = ["# Slash commands", "", "In the full-screen chat and in `apprentice --plain`.", ""]
    for group, commands in GROUPS.items():
        rows = [
            (
                f"`/{command.name} {command.usage}`".replace(" `", "`"),
                " ".join(f"`/{alias}`" for alias in command.aliases),
                command.summary,
            )
            for command in commands
        ]
        parts += [f"## {group}", "", *_table(("command", "also", "what it does"), rows), ""]
    return _page(parts)


def settings_page() -> str:
    """Every setting with its type, its built-in value, what it is for, and its variable."""
    from assistant.settings import PREFIX, Settings

    parts = [
        "# Settings",
        "",
        "The command line wins over the environment; then come the workspace's",
        "`.apprentice/settings.local.toml`, its `.apprentice/settings.toml`, your own `settings.toml`",
        "(`apprentice config path` shows where they are), and the built-in values.",
        "A workspace only tightens. `apprentice config show` prints every value with its source.",
        "",
    ]
    for table, model in _tables(Settings):
        said = _field_docstrings(model)
        rows = []
        for name, field in model.model_fields.items():
            if name in _nested(model):
                continue
            key = f"{table}.{name}" if table else name
            variable = PREFIX + key.replace(".", "__").upper()
            rows.append((f"`{name}`", _type(field), _default(field), said.get(name, ""), f"`{variable}`"))
        parts += [f"## `[{table}]`" if table else "## At the top of the file", ""]
        if table:
            parts += [inspect.cleandoc(model.__doc__ or "").replace("``", "`"), ""]
        parts += [*_table(("setting", "type", "built-in value", "what it is for", "variable"), rows), ""]
    return _page(parts)


def _tables(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    yield prefix, model
    for name, child in _nested(model).items():
        yield from _tables(child, f"{prefix}.{name}" if prefix else name)


def _nested(model: Any) -> dict[str, Any]:
    return {
        name: field.annotation
        for name, field in model.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }


def _field_docstrings(model: Any) -> dict[str, str]:
    """The docstring that follows each field, in one line, in Markdown."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[field.target.id] = " ".join(after.value.value.split()).replace("``", "`")
    return found


def _type(field: Any) -> str:
    """What a person writes, with its bounds: ``whole number, 1 to 200``."""
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return " ".join(f'`"{choice}"`' for choice in get_args(annotation))
    kind = TYPES[annotation]
    rules = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("gt", "ge", "le")
        if getattr(rule, name, None) is not None
    }
    least = f"above {rules['gt']}" if "gt" in rules else f"{rules['ge']}" if "ge" in rules else ""
    return f"{kind}, {least} to {rules['le']}" if least and "le" in rules else kind


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    text = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else ""
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, tuple | list):
        text = str(list(value))
    return f"`{text or value}`"


def tools_page() -> str:
    """The tools that the student may call, and the files that run by themselves."""
    from tools.permissions.self_running import listed
    from tools.registry import builtin_registry

    rows = []
    for tool in builtin_registry():
        required = tool.parameters["required"]
        arguments = [
            f"`{name}`" if name in required else f"`{name}?`" for name in tool.parameters["properties"]
        ]
        rows.append(
            (
                f"`{tool.name}`",
                ", ".join(arguments),
                tool.risk.value,
                f"{tool.timeout_s:g} s",
                tool.description,
            )
        )
    head = [
        "# Tools",
        "",
        "What the student may call; `?` marks an optional argument. Its risk, the mode and the rules say",
        "what passes and what is asked (`apprentice permissions list`).",
        "`answer` ends the turn and is no tool.",
        "",
    ]
    running = [
        "",
        "## Files that run by themselves",
        "",
        "Mode `edit` lets the student write files of the workspace without a question, but it asks about",
        "files that run although nobody decides to run them. Beside those in the table, these are files of a",
        "virtual environment of any name, those in the folder that `core.hooksPath` names and, at the top of",
        "the workspace, modules that Python would import in place of its own, of this program's or of a",
        "common tool's (`json.py`, `pip.py`, `pytest.py`). A rule such as `edit_file(Makefile)` lets one",
        "pass. Mode `auto` asks about none: its commands write files too.",
        "",
    ]
    groups = [(when, " ".join(f"`{name}`" for name in files)) for when, files in listed().values()]
    tools = _table(("tool", "arguments", "risk", "longest time", "what it does"), rows)
    return _page([*head, *tools, *running, *_table(("they run", "files"), groups)])


PAGES = {
    "cli.md": cli_page,
    "keys.md": keys_page,
    "commands.md": commands_page,
    "settings.md": settings_page,
    "tools.md": tools_page,
}


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [columns, ("---",) * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _page(lines: list[str]) -> str:
    text = "\n".join([NOTE, "", *lines])
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"


def stale(folder: Path = DOCS) -> list[str]:
    """The names of the pages in ``folder`` that are missing or differ from the program."""
    return [
        name
        for name, make in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != make()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 where a page is stale"
    )
    parser.add_argument("--into", type=Path, default=DOCS, metavar="FOLDER", help="where the pages are")
    given = parser.parse_args()
    if given.check:
        found = stale(given.into)
        for name in found:
            sys.stderr.write(f"docs/{name} is stale; write it anew: python docs/generate.py\n")
        return 1 if found else 0
    for name, make in PAGES.items():
        (given.into / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
