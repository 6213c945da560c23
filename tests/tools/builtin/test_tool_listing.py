"""``list_files``: ignore files, patterns, and folders of any size."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tools.calls import ToolResult

Run = Callable[..., Awaitable[ToolResult]]


def made(workspace: Path, *names: str) -> None:
    for name in names:
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


async def lines(run: Run, **arguments: str) -> list[str]:
    return (await run("list_files", **arguments)).text.splitlines()


async def test_a_small_folder_is_listed_whole_and_sorted(run: Run, workspace: Path) -> None:
    made(workspace, "b.py", "a/z.py", "a/b/c.py", ".env", "a.py", ".git/config")
    assert await lines(run) == [".env", "a/b/c.py", "a/z.py", "a.py", "b.py"]
    assert await lines(run, path="a") == ["a/b/c.py", "a/z.py"]


async def test_an_empty_folder_and_a_missing_one_are_said(run: Run, workspace: Path) -> None:
    assert await lines(run) == [". is empty"]
    (workspace / "sub").mkdir()
    assert await lines(run) == ["sub/"]
    result = await run("list_files", path="none")
    assert not result.success and "none does not exist" in result.text


async def test_ignore_files_are_respected(run: Run, workspace: Path) -> None:
    made(
        workspace,
        "a.py",
        "a.pyc",
        "build/x.py",
        "keep.pyc",
        "private/k.py",
        "sub/b.pyc",
        "sub/c.tmp",
        "sub/d.py",
    )
    (workspace / ".gitignore").write_text("*.pyc\nbuild/\n!keep.pyc\n# comment\n\n")
    (workspace / "sub" / ".gitignore").write_text("*.tmp\n!b.pyc\n")
    (workspace / ".apprenticeignore").write_text("private\n")
    shown = await lines(run, pattern="*.*")
    assert [name for name in shown if "ignore" not in name] == ["a.py", "keep.pyc", "sub/b.pyc", "sub/d.py"]
    assert await lines(run, path="build") == ["build/x.py"]
    assert await lines(run, path="private") == ["private/k.py"]


async def test_info_exclude_and_the_usual_folders_are_left_out(run: Run, workspace: Path) -> None:
    usual = (".venv/lib/a.py", "sub/venv/b.py", "node_modules/c.js", "sub/__pycache__/d.pyc")
    made(workspace, "a.py", "notes.txt", "sub/notes.txt", "venv.py", ".git/info/exclude", *usual)
    (workspace / ".git" / "info" / "exclude").write_text("notes.txt\n")
    assert await lines(run) == ["a.py", "venv.py"]
    (workspace / "sub" / ".gitignore").write_text("!notes.txt\n!venv/\n")
    assert await lines(run, pattern="*.*") == [
        "a.py",
        "sub/.gitignore",
        "sub/notes.txt",
        "sub/venv/b.py",
        "venv.py",
    ]
    assert await lines(run, path="node_modules") == ["node_modules/c.js"]
    assert await lines(run, path=".venv/lib") == [".venv/lib/a.py"]


async def test_a_folder_of_ignored_names_is_not_called_empty(run: Run, workspace: Path) -> None:
    made(workspace, "sub/node_modules/a.js")
    assert await lines(run, path="sub") == ["sub holds only ignored names"]


async def test_git_settings_of_the_repository_name_no_ignore_file(run: Run, workspace: Path) -> None:
    made(workspace, "a.py", "rules", ".git/config")
    (workspace / "rules").write_text("*.py\n")
    (workspace / ".git" / "config").write_text("[core]\n\texcludesFile = rules\n")
    assert await lines(run) == ["a.py", "rules"]


async def test_apprenticeignore_wins_over_a_gitignore_that_allows(run: Run, workspace: Path) -> None:
    made(workspace, "sub/secret.txt", "sub/a.txt")
    (workspace / "sub" / ".gitignore").write_text("!secret.txt\n")
    (workspace / ".apprenticeignore").write_text("secret.txt\n")
    assert await lines(run, path="sub") == ["sub/.gitignore", "sub/a.txt"]


async def test_an_ignore_file_that_leads_outside_is_not_read(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "rules").write_text("*.py\n")
    (workspace / ".gitignore").symlink_to(tmp_path / "rules")
    made(workspace, "a.py")
    assert await lines(run) == [".gitignore", "a.py"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/**/*.py", ["src/b.py", "src/deep/c.py"]),
        ("./a.py", ["a.py"]),
        ("src", ["src/b.py", "src/c.ts", "src/deep/c.py"]),
        ("c.*", ["src/c.ts", "src/deep/c.py"]),
        ("!odd", ["!odd"]),
        ("[", ["the pattern [: it names no path"]),
    ],
)
async def test_patterns_match_at_any_depth(run: Run, workspace: Path, pattern: str, names: list[str]) -> None:
    made(workspace, "a.py", "src/b.py", "src/c.ts", "src/deep/c.py", "!odd")
    assert await lines(run, pattern=pattern) == names


async def test_a_pattern_is_relative_to_the_path(run: Run, workspace: Path) -> None:
    made(workspace, "src/a.py", "src/deep/a.py")
    assert await lines(run, path="src", pattern="/a.py") == ["src/a.py"]


async def test_a_large_tree_is_shown_a_level_at_a_time(run: Run, workspace: Path) -> None:
    made(workspace, "README.md", *(f"many/{number:04}.txt" for number in range(400)))
    result = await run("list_files")
    assert result.truncated
    assert result.text.splitlines() == [
        "README.md",
        "many/",
        "[only the first level is shown; give a path or a pattern for more]",
    ]
    shown = await lines(run, path="many")
    assert len(shown) == 301 and shown[-1] == "[100 more; give a pattern]"
    shown = await lines(run, pattern="*.txt")
    assert shown[-1] == "[more than 300 match; give a narrower pattern or a path]"


@pytest.mark.slow
async def test_B07_a_folder_of_very_many_files_is_cut_and_said(run: Run, workspace: Path) -> None:
    for number in range(20_100):
        (workspace / f"{number:06}").touch()
    result = await run("list_files")
    assert len(result.text) < 9000
    assert "[. holds more than 20000 names; the others are left out]" in result.text


async def test_B07_a_very_deep_tree_is_cut_and_said(run: Run, workspace: Path) -> None:
    (workspace / "/".join("d" * 200)).mkdir(parents=True)
    assert await lines(run, pattern="*.py") == [
        "no file in . matches *.py",
        "[d/d/d/... is deeper than 64 folders]",
    ]
