"""``search_files``: ripgrep and the Python engine must not be told apart."""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.programs import ProgramError, find_program
from tools.base import ToolContext
from tools.builtin.bounded_search import search_in_process
from tools.builtin.paths import located
from tools.builtin.ripgrep import search_with_ripgrep
from tools.builtin.search import search
from tools.builtin.searching import Query, search_with_python
from tools.builtin.tree import Ignores
from tools.calls import ToolError, ToolResult

Run = Callable[..., Awaitable[ToolResult]]

needs_ripgrep = pytest.mark.skipif(shutil.which("rg") is None, reason="ripgrep is not installed")
ENGINES = [pytest.param(None, id="python"), pytest.param("rg", id="ripgrep", marks=needs_ripgrep)]


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python engine without its process, which ``test_bounded_search`` tries: it starts slowly."""
    if "real_process" not in request.fixturenames:
        monkeypatch.setattr("tools.builtin.search.search_in_process", search_with_python)


@pytest.fixture
def real_process() -> None:
    """Keep the process."""


async def found(context: ToolContext, engine: str | None, pattern: str, path: str = ".") -> list[str]:
    """The lines of one search."""
    program = find_program("rg", context.workspace).path if engine else None
    return (await search(context, pattern, path, program)).text.splitlines()


@pytest.fixture
def project(workspace: Path) -> Path:
    """A tree with everything that engines could disagree about."""
    files: dict[str, str | bytes] = {
        "a.py": "import os\ndef parse_config(path):\n    return path\n",
        "a/b.py": "x = parse_config('x')\r\ny = 1\r\n",
        "a.b/c.py": "parse_config\n",
        "Z.txt": "no end of line parse_config",
        ".hidden/d.txt": "parse_config in a hidden folder\n",
        ".git/config": "parse_config in git\n",
        "vendor/.git": "parse_config in a worktree file\n",
        ".gitignore": "build/\n*.log\n!keep.log\n/only_root.txt\n",
        "build/out.txt": "parse_config\n",
        "b.log": "parse_config\n",
        "keep.log": "parse_config\n",
        "only_root.txt": "parse_config\n",
        "sub/only_root.txt": "parse_config\n",
        "sub/.gitignore": "*.tmp\n!b.log\n",
        "sub/x.tmp": "parse_config\n",
        "sub/b.log": "parse_config\n",
        ".apprenticeignore": "private/\nsecret.*\n",
        ".git/info/exclude": "local/\n",
        "local/l.txt": "parse_config\n",
        ".venv/lib/v.py": "parse_config\n",
        "a/node_modules/n.js": "parse_config\n",
        "private/p.txt": "parse_config\n",
        "sub/secret.txt": "parse_config\n",
        ".ignore": "a.py\n",
        ".rgignore": "a.py\n",
        "binary.bin": b"parse_config\n\0\0\0",
        "late.bin": b"parse_config\n" + b"x" * 200_000 + b"\0",
        "latin.txt": "é parse_config é\n".encode("latin-1"),
        "bom.txt": b"\xef\xbb\xbfparse_config\n",
        "utf16.txt": "parse_config ä\n".encode("utf-16"),
        "empty.txt": "",
        "blank.txt": "\n\nparse_config\n\n",
        "colon:1:name.txt": "parse_config: 3: x\n",
        "upper.txt": "PARSE_CONFIG (foo\n",
        "huge.txt": "parse_config\n" + "y" * (5 << 20),
    }
    for name, content in files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (workspace / "link.py").symlink_to("a.py")
    (workspace / "folder").symlink_to("a")
    return workspace


PATTERNS = [
    "parse_config",
    "^parse_config$",
    r"def \w+\(",
    r"\bx\b",
    "(?i)parse_CONFIG",
    "^$",
    r"(foo",
    "ä",
    "é",
    r"parse(?=_config)",
    "-e",
    "--pre=touch made",
    "$",
    r"[[:upper:]]{3}",
    "a|b",
    r"\$",
    "nothing like it",
]


@needs_ripgrep
@pytest.mark.parametrize("path", [".", "a", "sub", "build", "private", "a.py", "sub/../a", "folder", ".git"])
async def test_both_engines_give_equal_results(context: ToolContext, project: Path, path: str) -> None:
    for pattern in PATTERNS:
        with_ripgrep = await found(context, "rg", pattern, path)
        assert with_ripgrep == await found(context, None, pattern, path), pattern


@pytest.mark.parametrize("engine", ENGINES)
async def test_results_are_path_line_and_text_in_order(
    context: ToolContext, project: Path, engine: str | None
) -> None:
    assert await found(context, engine, "parse_config") == [
        ".hidden/d.txt:1: parse_config in a hidden folder",
        "Z.txt:1: no end of line parse_config",
        "a.b/c.py:1: parse_config",
        "a.py:2: def parse_config(path):",
        "a/b.py:1: x = parse_config('x')",
        "blank.txt:3: parse_config",
        "bom.txt:1: parse_config",
        "colon:1:name.txt:1: parse_config: 3: x",
        "keep.log:1: parse_config",
        "latin.txt:1: \ufffd parse_config \ufffd",
        "sub/b.log:1: parse_config",
        "sub/only_root.txt:1: parse_config",
        "utf16.txt:1: parse_config ä",
    ]


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_ignored_folder_is_searched_when_it_is_named(
    context: ToolContext, project: Path, engine: str | None
) -> None:
    assert await found(context, engine, "parse_config", "build") == ["build/out.txt:1: parse_config"]
    assert await found(context, engine, "parse_config", "private") == ["private/p.txt:1: parse_config"]


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_no_regular_expression_is_searched_as_text(
    context: ToolContext, project: Path, engine: str | None
) -> None:
    first, note = await found(context, engine, "(foo")
    assert first == "upper.txt:1: PARSE_CONFIG (foo"
    assert note.startswith("[not a regular expression (") and note.endswith("searched as plain text]")


@pytest.mark.parametrize("engine", ENGINES)
async def test_no_match_is_said(context: ToolContext, project: Path, engine: str | None) -> None:
    assert await found(context, engine, "nowhere", "a") == ["no match for nowhere in a"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "pattern", ["max retries", "Max-Retries", "max_retries", "maxRetries", "MaxRetries", "^MAX", "retries ="]
)
async def test_what_is_written_otherwise_is_found_and_that_is_said(
    context: ToolContext, workspace: Path, engine: str | None, pattern: str
) -> None:
    (workspace / "limits.py").write_text("MAX_RETRIES = 5\n" if pattern != "^MAX" else "max_retries = 5\n")
    line, note = await found(context, engine, pattern)
    assert line.lower() == "limits.py:1: max_retries = 5"
    assert note.startswith("[nothing is written so; ")


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_written_so_is_found_alone(
    context: ToolContext, workspace: Path, engine: str | None
) -> None:
    (workspace / "limits.py").write_text("MAX_RETRIES = 5\nretries = 0\n")
    assert await found(context, engine, "retries") == ["limits.py:2: retries = 0"]
    assert await found(context, engine, "8080") == ["no match for 8080 in ."]
    nothing, note = await found(context, engine, "retries[")
    assert nothing == "no match for retries[ in ." and note.startswith("[not a regular expression")


@pytest.mark.parametrize("engine", ENGINES)
async def test_many_matches_are_capped_and_said(
    context: ToolContext, workspace: Path, engine: str | None
) -> None:
    for number in range(5):
        (workspace / f"{number}.txt").write_text("match\n" * 90)
    *lines, note = await found(context, engine, "match")
    assert len(lines) == 200 and lines[-1] == "2.txt:20: match"
    assert note == "[only the first 200 matches are shown; narrow the pattern or the path]"


@pytest.mark.parametrize("engine", ENGINES)
async def test_B05_a_long_line_is_shortened(
    context: ToolContext, workspace: Path, engine: str | None
) -> None:
    (workspace / "a.txt").write_text("match" + "x" * 1_000_000 + "\n")
    (line,) = await found(context, engine, "match")
    assert len(line) < 400 and line.endswith("... (1000005 characters)")


@pytest.mark.slow
async def test_B10_a_regex_bomb_is_stopped(context: ToolContext, workspace: Path, real_process: None) -> None:
    (workspace / "a.txt").write_text("a" * 40 + "!\n")
    with pytest.raises(ToolError, match=r"takes too long at a.txt:1"):
        await found(context, None, r"^(a|a)*\1$")


@needs_ripgrep
async def test_B10_a_pattern_too_large_for_ripgrep_is_handed_over(
    context: ToolContext, workspace: Path
) -> None:
    (workspace / "a.txt").write_text("aaab\n")
    assert await found(context, "rg", r"(\w{100}){900}|aab") == ["a.txt:1: aaab"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
async def test_B07_a_very_deep_tree_ends(context: ToolContext, workspace: Path, engine: str | None) -> None:
    folder = os.open(workspace, os.O_RDONLY)
    for _ in range(1500):  # deeper than one path can say, and than Python's recursion limit
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    (workspace / "z.txt").write_text("match\n")
    try:
        lines = await found(context, engine, "match")
    finally:  # too deep for pytest to clear away
        subprocess.run(["rm", "-rf", str(workspace / "d")], check=True)
    assert lines[0] == "z.txt:1: match"


@pytest.mark.parametrize("pattern", ["", "\0", "x" * 10_001, "\ud800"])
async def test_hostile_patterns_are_refused(run: Run, pattern: str) -> None:
    result = await run("search_files", pattern=pattern)
    assert not result.success and len(result.text) < 200


@needs_ripgrep
async def test_D03_ripgrep_runs_no_program_from_its_settings(
    run: Run, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "ripgreprc"
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/made\ncat\n")
    script.chmod(0o755)
    settings.write_text(f"--pre={script}\n")
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", str(settings))
    (workspace / "a.txt").write_text("--pre here\n")
    assert (await run("search_files", pattern=f"--pre={script}|--pre")).text == "a.txt:1: --pre here"
    assert (await run("search_files", pattern="here", path="a.txt")).success
    assert not (tmp_path / "made").exists()


async def test_D07_a_program_of_the_workspace_is_never_taken(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (workspace / "bin", tmp_path / "real"):
        folder.mkdir()
        (folder / "rg").write_text("#!/bin/sh\n")
        (folder / "rg").chmod(0o755)
    (tmp_path / "alias").symlink_to(workspace / "bin")
    path = os.pathsep.join(
        map(str, (workspace / "bin", tmp_path / "alias", "bin", ".", "", tmp_path / "real"))
    )
    monkeypatch.setenv("PATH", path)
    monkeypatch.chdir(workspace)
    assert find_program("rg", workspace).path == str(tmp_path / "real" / "rg")
    (tmp_path / "real" / "rg").unlink()
    (tmp_path / "real" / "rg").symlink_to(workspace / "bin" / "rg")
    with pytest.raises(ProgramError, match="sandboxed calls can write"):
        find_program("rg", workspace)


async def test_without_ripgrep_the_tool_searches_all_the_same(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch, real_process: None
) -> None:
    (workspace / "a.txt").write_text("here\n")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert (await run("search_files", pattern="here")).text == "a.txt:1: here"


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_file_that_is_named_is_searched_or_refused_by_name(
    context: ToolContext, project: Path, engine: str | None
) -> None:
    assert await found(context, engine, "parse", "b.log") == ["b.log:1: parse_config"]
    assert await found(context, engine, "parse", "binary.bin") == ["no match for parse in binary.bin"]
    with pytest.raises(ToolError, match=r"huge.txt is larger than 4 MB"):
        await found(context, engine, "parse", "huge.txt")


@pytest.mark.parametrize("engine", ENGINES)
async def test_names_that_look_like_options_are_files(
    context: ToolContext, workspace: Path, engine: str | None
) -> None:
    for name in ("-", "--pre=x", "-e"):
        (workspace / name).write_text("here\n")
    assert await found(context, engine, "here") == ["-:1: here", "--pre=x:1: here", "-e:1: here"]
    assert await found(context, engine, "here", "-") == ["-:1: here"]


@pytest.mark.parametrize("engine", ENGINES)
async def test_more_files_than_one_command_line_holds_are_all_searched(
    context: ToolContext, workspace: Path, engine: str | None
) -> None:
    folder = workspace / ("f" * 200)
    folder.mkdir()
    for number in range(700):
        (folder / f"{number:03}").write_text("here\n" if number % 100 == 99 else "\n")
    lines = await found(context, engine, "here", "f" * 200)
    assert [line.split("/")[1] for line in lines] == [f"{number}99:1: here" for number in range(7)]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
async def test_B11_a_search_that_is_given_up_ends_with_its_program(
    context: ToolContext, workspace: Path, tmp_path: Path, engine: str | None, real_process: None
) -> None:
    for number in range(50):
        (workspace / f"{number}.txt").write_text("a" * 40 + "!\n")
    program = None
    if engine:
        program = str(tmp_path / "endless")
        Path(program).write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
        Path(program).chmod(0o755)
    before = threading.active_count()
    task = asyncio.create_task(search(context, r"^(a|a)*\1$", ".", program))
    await asyncio.sleep(0.5)
    while engine and not (tmp_path / "pid").exists():
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(100):
        if not engine or not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists():
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the program outlived the search")
    assert threading.active_count() <= before + 3


async def test_B10_a_search_over_its_deadline_says_so(
    context: ToolContext, workspace: Path, tmp_path: Path
) -> None:
    (workspace / "a.txt").write_text("here\n")
    with located(workspace, ".") as place:
        query = Query.of("here", place, Ignores(workspace), threading.Event())
        query.deadline = time.monotonic() - 1
        engines = (
            search_with_python,
            search_in_process,
            lambda query: search_with_ripgrep(query, "/bin/true"),
        )
        for engine in engines:
            with pytest.raises(ToolError, match="the search was stopped after 30 s"):
                engine(query)


async def test_a_ripgrep_that_fails_otherwise_is_said(
    context: ToolContext, workspace: Path, tmp_path: Path
) -> None:
    (workspace / "a.txt").write_text("here\n")
    program = tmp_path / "rg"
    program.write_text("#!/bin/sh\necho 'error: Found argument --json' >&2\nexit 2\n")
    program.chmod(0o755)
    with pytest.raises(ToolError, match="ripgrep failed: error: Found argument --json"):
        await search(context, "here", ".", str(program))
