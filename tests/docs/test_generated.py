"""The pages made from the program are the ones that the program would make today."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "generate.py"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    specification = importlib.util.spec_from_file_location("generate", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_no_page_is_stale(generate: ModuleType) -> None:
    assert generate.stale() == [], "write the pages anew: python docs/generate.py"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.slow
def test_check_names_a_page_that_was_edited_or_is_missing_and_writes_nothing(
    generate: ModuleType, tmp_path: Path
) -> None:
    for name in generate.PAGES:
        shutil.copy(generate.DOCS / name, tmp_path)
    assert run("--check", "--into", tmp_path).returncode == 0
    edited = (tmp_path / "tools.md").read_text(encoding="utf-8") + "one more line\n"
    (tmp_path / "tools.md").write_text(edited, encoding="utf-8")
    (tmp_path / "keys.md").unlink()
    checked = run("--check", "--into", tmp_path)
    assert checked.returncode == 1
    assert [line.split()[0] for line in checked.stderr.splitlines()] == ["docs/keys.md", "docs/tools.md"]
    assert (tmp_path / "tools.md").read_text(encoding="utf-8") == edited
    assert not (tmp_path / "keys.md").exists()


@pytest.mark.slow
def test_the_pages_do_not_depend_on_terminal_environment_or_home(
    generate: ModuleType, tmp_path: Path
) -> None:
    made = run("--into", tmp_path, COLUMNS="40", LANG="C", HOME=str(tmp_path), APPRENTICE_MODE="plan")
    assert made.returncode == 0, made.stderr
    assert generate.stale(tmp_path) == []


def test_every_command_of_the_command_line_has_its_help(generate: ModuleType) -> None:
    from assistant.cli.main import cli

    page = generate.cli_page()
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert f"\n## apprentice {name}\n" in page
    assert "\n## apprentice config set\n" in page


def test_every_setting_has_its_docstring_type_and_variable(generate: ModuleType) -> None:
    from assistant.settings import Settings

    page = generate.settings_page()
    for key, _ in Settings().values():
        variable = "APPRENTICE_" + "__".join(key).upper()
        row = next(line for line in page.splitlines() if f"`{variable}`" in line)
        name, kind, default, said, _ = (cell.strip() for cell in row.strip("| ").split(" | "))
        assert name == f"`{key[-1]}`"
        assert kind and default
        assert len(said) > 10, f"{'.'.join(key)} has no docstring"


def test_every_slash_command_and_tool_has_its_line(generate: ModuleType) -> None:
    from assistant.commands.registry import COMMANDS
    from tools.registry import builtin_registry

    commands, tools = generate.commands_page(), generate.tools_page()
    for command in COMMANDS:
        assert f"| `/{command.name}" in commands
        assert command.summary in commands
    for tool in builtin_registry():
        assert f"| `{tool.name}` |" in tools
        assert tool.description in tools


def test_a_bar_in_a_cell_does_not_end_it(generate: ModuleType) -> None:
    assert generate._table(("a", "b"), [("x|y", "z")])[-1] == "| x\\|y | z |"
