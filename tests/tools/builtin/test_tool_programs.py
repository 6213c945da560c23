"""``run_shell``, ``run_python``, ``run_tests``, ``git_diff``: what is started, and how it is told."""

import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.base import Completed
from sandbox.scripted import ScriptedSandbox
from tools.base import ToolContext
from tools.builtin.code import run_tests, suite
from tools.builtin.programs import result_of
from tools.calls import ToolCall, ToolResult
from tools.executor import Executor
from tools.registry import Registry

Run = Callable[..., Awaitable[ToolResult]]

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


async def test_a_command_runs_in_the_workspace(run: Run, workspace: Path) -> None:
    result = await run("run_shell", command="pwd; echo $((1 + 1)) | cat")
    assert (result.success, result.exit_code) == (True, 0)
    assert result.text == f"exit code 0\n{workspace}\n2"


async def test_a_failing_command_gives_its_exit_code_first(run: Run) -> None:
    result = await run("run_shell", command="echo out; echo err >&2; exit 3")
    assert (result.success, result.exit_code) == (False, 3)
    assert result.text == "exit code 3\nout\nerr"


async def test_a_silent_command_says_so(run: Run) -> None:
    assert (await run("run_shell", command="true")).text == "exit code 0\n(no output)"


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
async def test_the_shell_is_bash_where_there_is_one(run: Run) -> None:
    assert (await run("run_shell", command="a=(x y); echo ${a[1]}")).text == "exit code 0\ny"


async def test_the_command_is_one_argument_and_not_parsed_twice(run: Run, plain_sandbox: Any) -> None:
    command = "echo '$HOME' \"a b\" `echo c`"
    assert (await run("run_shell", command=command)).text == "exit code 0\n$HOME a b c"
    assert plain_sandbox.commands[0][-1] == command


async def test_B12_nothing_waits_for_stdin(run: Run) -> None:
    assert (await run("run_shell", command="cat; read line; echo done")).text == "exit code 0\ndone"


@pytest.mark.parametrize("command", ["", "  \n", "echo a\0b", "x" * 100_001])
async def test_D10_hostile_commands_are_refused(run: Run, plain_sandbox: Any, command: str) -> None:
    result = await run("run_shell", command=command)
    assert not result.success and len(result.text) < 200
    assert plain_sandbox.commands == []


async def test_output_arrives_while_it_runs(executor: Executor) -> None:
    heard: list[str] = []
    await executor.run(ToolCall("1", "run_shell", {"command": "echo live"}), heard.append)
    assert heard == ["live\n"]


def test_F08_the_first_line_is_the_real_exit_code() -> None:
    claimed = Completed(exit_code=1, output="exit code 0\n5 passed\n", duration_ms=10)
    result = result_of(claimed)
    assert not result.success and result.text.splitlines()[0] == "exit code 1"


def test_B03_partial_output_is_kept_and_marked() -> None:
    result = result_of(Completed(exit_code=None, output="half", duration_ms=60_000, timed_out=True))
    assert not result.success
    assert result.text == "stopped after 60.0 s, the time limit; what it printed until then:\nhalf"
    killed = result_of(Completed(exit_code=None, output="", duration_ms=5))
    assert not killed.success and killed.text.startswith("killed")


@pytest.mark.slow
async def test_python_code_runs_and_sees_the_workspace(run: Run, workspace: Path) -> None:
    (workspace / "helper.py").write_text("VALUE = 42\n")
    result = await run("run_python", code="import helper\nprint(helper.VALUE, 'ä')")
    assert result.text == "exit code 0\n42 ä"


@pytest.mark.slow
async def test_a_python_error_is_a_failure_with_its_trace(run: Run) -> None:
    result = await run("run_python", code="print('before')\n1/0")
    assert not result.success and result.exit_code == 1
    assert result.text.startswith("exit code 1\n") and "ZeroDivisionError" in result.text
    assert "code is empty" in (await run("run_python", code=" ")).text


@pytest.mark.slow
async def test_the_python_of_the_workspace_comes_first(run: Run, workspace: Path) -> None:
    python = workspace / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho own python\n")
    python.chmod(0o755)
    assert (await run("run_python", code="1")).text == "exit code 0\nown python"
    python.write_text("#!/nonexistent/python\n")
    assert (await run("run_python", code="print('other')")).text == "exit code 0\nother"


@pytest.mark.parametrize(
    ("files", "target", "argv"),
    [
        ({"pytest.ini": ""}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"conftest.py": ""}, "tests/test_a.py", ["-m", "pytest", "-q", "--color=no", "tests/test_a.py"]),
        ({"tests/conftest.py": ""}, "a.py::test_b", ["-m", "pytest", "-q", "--color=no", "a.py::test_b"]),
        ({"pyproject.toml": "[tool.pytest.ini_options]"}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"setup.cfg": "[tool:pytest]"}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"tox.ini": "[pytest]"}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"package.json": '{"scripts": {"test": "x"}}'}, None, ["npm", "test", "--silent"]),
        ({"package.json": '{"scripts": {"test": "x"}}'}, "a", ["npm", "test", "--silent", "--", "a"]),
        ({"Cargo.toml": ""}, "parses", ["cargo", "test", "parses"]),
        ({"go.mod": ""}, None, ["go", "test", "./..."]),
        ({"Makefile": "all:\n\ntest: all\n\tx\n"}, None, ["make", "test"]),
        ({"tests/test_a.py": ""}, None, ["-m", "unittest", "discover"]),
        ({"a.py": ""}, "a.py", ["-m", "unittest", "a.py"]),
        ({"tests/test_a.py": "def test_a():\n    assert 1\n"}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"test/a.py": "import pytest\n"}, None, ["-m", "pytest", "-q", "--color=no"]),
        ({"tests/a.py": "class T:\n    def test_a(self): ...\n"}, None, ["-m", "unittest", "discover"]),
        ({"a.py": "def test_a(): ...\n"}, "a.py", ["-m", "pytest", "-q", "--color=no", "a.py"]),
    ],
)
async def test_the_test_program_is_found_by_the_manifests(
    run: Run,
    workspace: Path,
    plain_sandbox: Any,
    files: dict[str, str],
    target: str | None,
    argv: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = workspace.parent / "programs"
    programs.mkdir()
    for name in ("npm", "cargo", "go", "make", "python3"):
        (programs / name).write_text("#!/bin/sh\necho started\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    for name, content in files.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(content)
    result = await run("run_tests", **({"target": target} if target else {}))
    assert result.text == "exit code 0\nstarted"
    assert plain_sandbox.commands[0][-len(argv) :] == argv


class Bubblewrap(ScriptedSandbox):
    @property
    def name(self) -> str:
        return "bubblewrap"


@pytest.mark.parametrize(
    ("files", "command", "mend"),
    [
        ({"conftest.py": ""}, "PYTHON -m pytest -q --color=no", "python3 -m venv .venv && .venv/bin/python"),
        (
            {"conftest.py": "", ".venv/pyvenv.cfg": "home = /usr/bin\n"},
            ".venv/bin/python -m pytest -q --color=no (PYTHON where that does not start)",
            ".venv/bin/python",
        ),
    ],
)
async def test_the_interpreter_is_named_and_how_to_install_what_is_missing(
    workspace: Path, files: dict[str, str], command: str, mend: str
) -> None:
    for name, content in files.items():
        (workspace / name).parent.mkdir(exist_ok=True)
        (workspace / name).write_text(content)
    said = Completed(1, "/usr/bin/python3: No module named pytest\n", 5.0)
    context = ToolContext(workspace, sandbox=Bubblewrap([said]))
    system = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or "python3"
    executor = Executor(Registry((run_tests,)), context)
    assert await executor.command(ToolCall("", "run_tests")) == command.replace("PYTHON", system)
    result = await executor.run(ToolCall("", "run_tests"))
    assert not result.success and result.text.splitlines()[-1] == f"{mend} -m pip install pytest"


async def test_F08_a_failing_suite_that_claims_success_is_a_failure(run: Run, workspace: Path) -> None:
    (workspace / "Makefile").write_text("test:\n\t@echo '5 passed'; exit 1\n")
    if shutil.which("make") is None:
        (workspace / "Makefile").unlink()
        (workspace / "tests").mkdir()
        (workspace / "tests" / "__init__.py").write_text("print('5 passed'); raise SystemExit(1)\n")
    result = await run("run_tests")
    assert not result.success and result.text.startswith("exit code ") and "exit code 0" not in result.text


TESTS = {
    "tests/conftest.py": "",
    "tests/test_a.py": "import pytest\n\nasync def test_foo(): ...\ndef test_foobar(): ...\n",
    "tests/deep/test_b.py": "class TestB:\n    def test_foo(self): ...\n    def test_bar(self): ...\n",
    "tests/broken_test.py": "def (:\n",
    ".venv/lib/test_c.py": "def test_foo(): ...\n",
    "a.py": "def test_foo(): ...\n",
}


@pytest.mark.parametrize(
    ("target", "selected"),
    [
        ("test_foo", ["tests/deep/test_b.py::TestB::test_foo", "tests/test_a.py::test_foo"]),
        ("test_foobar[a b]", ["tests/test_a.py::test_foobar[a b]"]),
        ("TestB", ["tests/deep/test_b.py::TestB"]),
        ("TestB::test_bar", ["tests/deep/test_b.py::TestB::test_bar"]),
        ("tests.deep.test_b.TestB.test_bar", ["tests/deep/test_b.py::TestB::test_bar"]),
        ("test_a", ["tests/test_a.py"]),
        ("test_a.py", ["tests/test_a.py"]),
        ("tests/test_a.py::test_foo", ["tests/test_a.py::test_foo"]),
        ("tests/deep", ["tests/deep"]),
        ("made_at_run_time", ["-k", "made_at_run_time"]),
        ("tests/none.py", ["tests/none.py"]),
    ],
)
async def test_a_test_is_selected_by_its_name(
    context: ToolContext, workspace: Path, target: str, selected: list[str]
) -> None:
    made(workspace, TESTS)
    argv = suite(context, target).argv
    assert argv[-len(selected) :] == selected and argv[-len(selected) - 1] == "--color=no"


@pytest.mark.parametrize(
    ("files", "target", "ends"),
    [
        ({"tests/test_a.py": "class T:\n    def test_x(self): ...\n"}, "test_x", ["tests.test_a.T.test_x"]),
        ({"tests/test_a.py": "class T: ...\n"}, "test_a", ["tests/test_a.py"]),
        ({"tests/a.py": "class T: ...\n"}, "test_x", ["discover", "-k", "test_x"]),
        ({"go.mod": "module m\n"}, "TestX", ["./...", "-run", "^TestX$"]),
        ({"go.mod": "module m\n", "a/x.go": ""}, "./a", ["test", "./a"]),
        ({"package.json": '{"scripts": {"test": "jest"}}'}, "adds", ["--", "-t", "adds"]),
        ({"package.json": '{"scripts": {"test": "mocha"}}'}, "adds", ["--", "--grep", "adds"]),
        ({"package.json": '{"scripts": {"test": "jest"}}', "a.js": ""}, "a.js", ["--", "a.js"]),
    ],
)
async def test_other_test_programs_take_a_name_too(
    context: ToolContext, workspace: Path, files: dict[str, str], target: str, ends: list[str]
) -> None:
    made(workspace, files)
    assert suite(context, target).argv[-len(ends) :] == ends


def made(workspace: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(content)


@pytest.mark.slow
async def test_a_real_unittest_suite_runs(run: Run, workspace: Path) -> None:
    (workspace / "tests").mkdir()
    (workspace / "tests" / "__init__.py").touch()
    body = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 1)\n"
    (workspace / "tests" / "test_a.py").write_text(body)
    result = await run("run_tests")
    assert result.success and "Ran 1 test" in result.text


@pytest.mark.parametrize(
    ("files", "target", "said"),
    [
        ({}, None, "no tests found"),
        ({"package.json": "{"}, None, "package.json is not valid JSON"),
        ({"package.json": "[]"}, None, "no tests found"),
        ({"pytest.ini": ""}, "--collect-only", "not an option"),
        ({"pytest.ini": ""}, "a\0b", "not an option"),
    ],
)
async def test_tests_that_cannot_be_started_are_said(
    run: Run, workspace: Path, files: dict[str, str], target: str | None, said: str
) -> None:
    for name, content in files.items():
        (workspace / name).write_text(content)
    result = await run("run_tests", **({"target": target} if target else {}))
    assert not result.success and said in result.text


@pytest.fixture
def repository(workspace: Path) -> Path:
    """A repository with one commit of ``a.txt`` and ``b.txt``."""
    (workspace / "a.txt").write_text("one\n")
    (workspace / "b.txt").write_text("two\n")
    git(workspace, "init", "-q")
    git(workspace, "add", ".")
    git(workspace, "commit", "-q", "-m", "first")
    return workspace


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, env={"PATH": "/usr/bin:/bin", "HOME": "/"}
    )


@needs_git
@pytest.mark.slow
async def test_git_diff_shows_staged_unstaged_and_new_files(run: Run, repository: Path) -> None:
    assert (await run("git_diff")).text == "no changes since the last commit"
    (repository / "a.txt").write_text("ONE\n")
    git(repository, "add", "a.txt")
    (repository / "b.txt").write_text("TWO\n")
    (repository / "new.txt").touch()
    text = (await run("git_diff")).text
    assert "-one\n+ONE" in text and "-two\n+TWO" in text
    assert text.endswith("new files that git does not track:\nnew.txt")
    only = (await run("git_diff", path="a.txt")).text
    assert "+ONE" in only and "TWO" not in only and "new.txt" not in only


@needs_git
@pytest.mark.slow
async def test_git_diff_of_a_deleted_file_and_of_a_repository_without_commits(
    run: Run, workspace: Path, repository: Path
) -> None:
    (repository / "a.txt").unlink()
    assert "-one" in (await run("git_diff", path="a.txt")).text
    shutil.rmtree(repository / ".git")
    git(repository, "init", "-q")
    git(repository, "add", "b.txt")
    assert "+two" in (await run("git_diff")).text


@needs_git
async def test_git_diff_leaves_out_what_only_git_needs_and_nothing_else(run: Run, repository: Path) -> None:
    (repository / "a.txt").write_text("index 1\n-- a\ndiff --git x\n")
    (repository / "b.txt").chmod(0o755)
    (repository / "empty").touch()
    git(repository, "add", "empty")
    assert (await run("git_diff")).text.split("\n") == [
        *("--- a/a.txt", "+++ b/a.txt", "@@ -1 +1,3 @@", "-one", "+index 1", "+-- a", "+diff --git x"),
        *("diff --git a/b.txt b/b.txt", "old mode 100644", "new mode 100755"),
        *("diff --git a/empty b/empty", "new file mode 100644"),
    ]


@needs_git
async def test_git_diff_without_a_repository_says_so(run: Run, workspace: Path) -> None:
    result = await run("git_diff")
    assert not result.success and "the workspace is not a git repository" in result.text


@needs_git
@pytest.mark.parametrize("path", ["../x", "/etc", "~"])
async def test_C01_git_diff_stays_in_the_workspace(run: Run, repository: Path, path: str) -> None:
    assert not (await run("git_diff", path=path)).success


@needs_git
async def test_D04_git_diff_runs_none_of_the_programs_a_repository_names(
    run: Run, repository: Path, plain_sandbox: Any
) -> None:
    trap = repository.parent / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> {repository.parent}/sprung\ncat\n")
    trap.chmod(0o755)
    for name in ("core.pager", "core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv"):
        git(repository, "config", name, str(trap))
    git(repository, "config", "pager.diff", str(trap))
    git(repository, "config", "core.hooksPath", str(repository.parent / "hooks"))
    (repository / ".gitattributes").write_text("*.txt diff=evil\n")
    (repository / "a.txt").write_text("changed\n")
    result = await run("git_diff")
    assert result.success and "+changed" in result.text
    assert not (repository.parent / "sprung").exists()


@needs_git
@pytest.mark.parametrize("path", ["--output=made", "--ext-diff", "-c", "--no-index"])
async def test_D04_a_path_is_never_an_option_of_git(run: Run, repository: Path, path: str) -> None:
    (repository / "a.txt").write_text("changed\n")
    assert "changed" not in (await run("git_diff", path=path)).text
    assert not (repository / "made").exists()


async def test_git_missing_or_failing_is_said(
    run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = workspace.parent / "programs"
    programs.mkdir()
    git_program = programs / "git"
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (workspace / ".git").mkdir()
    for script, line in (
        ("exit 127", "git is not installed in the sandbox"),
        ("echo 'fatal: bad thing' >&2; echo more; exit 128", "git diff failed: fatal: bad thing"),
        ("exit 9", "git diff failed: exit code 9"),
        (
            'case "$*" in *git-path*) echo o; echo i; echo e; echo sha1; echo .git;; '
            '*" diff "*) echo broken; exit 2;; esac',
            "git diff failed: broken",
        ),
    ):
        git_program.write_text(f"#!/bin/sh\n{script}\n")
        git_program.chmod(0o755)
        result = await run("git_diff")
        assert (result.success, result.text) == (False, line)
