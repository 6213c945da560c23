"""``run_python`` and ``run_tests``.

Invariant: both run in the proven sandbox, and a result starts with the exit code that the sandbox saw, so
that printed claims of success are only text. Covered: pytest, unittest, npm, cargo, go, make. Not covered:
other test programs, which ``run_shell`` can start.
"""

import asyncio
import json
import re
import shlex
from dataclasses import dataclass, replace

from tools.base import ToolContext
from tools.builtin.atomic import read_bytes
from tools.builtin.naming_tests import is_path, node_ids
from tools.builtin.paths import located
from tools.builtin.programs import python_argv, python_of_sandbox, run_program
from tools.builtin.tree import Ignores, children
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool

_LARGEST_MANIFEST = 1 << 20
_MOST_LOOKED_AT = 20
VENV_PYTHONS = (".venv/bin/python", "venv/bin/python")
"""The workspace's own interpreters, which come before the sandbox's."""
_TEST_FOLDERS = ("tests", "test")
_NO_MODULE = re.compile(r"(?m)^\S*python\S*: No module named (pytest)$")
_IDENTIFIER = re.compile(r"\w+")
_MAKE_TEST = r"(?m)^test\s*:"
_PYTEST = r"(?m)^(?:(?:async )?def test|(?:import|from) pytest\b)"
_PYTEST_SIGNS = (
    ("pytest.ini", ""),
    ("conftest.py", ""),
    ("tests/conftest.py", ""),
    ("pyproject.toml", r"\[tool\.pytest"),
    ("setup.cfg", r"\[tool:pytest\]"),
    ("tox.ini", r"\[pytest\]"),
    ("requirements-dev.txt", r"pytest"),
)
"""Files that say that pytest is used, and what has to stand in them."""


@dataclass(frozen=True)
class Suite:
    """How the workspace's tests run: the command, and the file that says so with a pattern of its line.

    ``sign`` is empty where it is enough that the file, or the folder, is there.
    """

    argv: list[str]
    found_in: str
    sign: str = ""


@tool(risk=Risk.EXECUTE)
async def run_python(context: ToolContext, /, *, code: str) -> ToolResult:
    """Run Python code and return what it prints.

    Args:
        code: Python source
    """
    if not code.strip():
        raise ToolError("code is empty")
    source = code.encode("utf-8", "replace")
    return await run_program(context, "run_python", python_argv("-u", "-"), stdin=source)


def _command(context: ToolContext, /, *, target: str | None = None) -> str:
    return suite_command(context, suite(context, _wanted(target)))


def suite_command(context: ToolContext, suite: Suite) -> str:
    """The command of a suite as the user would write it."""
    if suite.argv[1:2] != ["-c"]:
        return shlex.join(suite.argv)
    arguments = shlex.join(suite.argv[4:])  # after the search for a Python and the shell's own name
    inside = python_of_sandbox(context)
    found = _venv_python(context)
    return f"{found} {arguments} ({inside} where that does not start)" if found else f"{inside} {arguments}"


def _venv_python(context: ToolContext) -> str:
    """The interpreter of the workspace's own environment; empty where it has none."""
    return next((name for name in VENV_PYTHONS if _text(context, f"{name[:-10]}pyvenv.cfg") is not None), "")


def _wanted(target: str | None) -> str:
    wanted = target.strip() if target else ""
    if wanted.startswith("-") or "\0" in wanted:
        raise ToolError("target must be a test file or a test name, not an option")
    return wanted


@tool(risk=Risk.EXECUTE, command=_command)
async def run_tests(context: ToolContext, /, *, target: str | None = None) -> ToolResult:
    """Run the project's tests.

    Args:
        target: test file or name; all tests without it
    """
    found = await asyncio.to_thread(suite, context, _wanted(target))
    result = await run_program(context, "run_tests", found.argv)
    if result.success or not (missing := _NO_MODULE.search(result.text)):
        return result
    return replace(result, text=f"{result.text}\n{_how_to_install(context, missing[1])}")


def _how_to_install(context: ToolContext, package: str) -> str:
    """How the person gets the test program that is missing: a call has no network to install it."""
    found = _venv_python(context)
    python = found or ".venv/bin/python"
    make = "" if found else "python3 -m venv .venv && "
    return (
        f"{package} is not installed there; in a terminal of yours:\n{make}{python} -m pip install {package}"
    )


def suite(context: ToolContext, target: str = "") -> Suite:
    """How the workspace's tests run, by its manifests. Raises ToolError where it has none that are known."""
    bare = bool(target) and not is_path(context, target)
    if bare and target.endswith(".py") and len(found := node_ids(context, target)) == 1:
        target, bare = found[0], False
    only = [target] if target else []
    if sign := _pytest_sign(context, target):
        if bare:
            only = node_ids(context, target) or (["-k", target] if _IDENTIFIER.fullmatch(target) else only)
        return Suite(python_argv("-m", "pytest", "-q", "--color=no", *only), *sign)
    scripts = _npm_scripts(context)
    if "test" in scripts:
        option = _name_option(str(scripts["test"])) if bare and "/" not in target else []
        argv = ["npm", "test", "--silent", *(["--", *option, target] if target else [])]
        return Suite(argv, "package.json", r'"test"\s*:')
    if _text(context, "Cargo.toml") is not None:
        return Suite(["cargo", "test", *only], "Cargo.toml")
    if _text(context, "go.mod") is not None:
        if bare and _IDENTIFIER.fullmatch(target):
            return Suite(["go", "test", "./...", "-run", f"^{target}$"], "go.mod")
        return Suite(["go", "test", *(only or ["./..."])], "go.mod")
    if re.search(_MAKE_TEST, _text(context, "Makefile") or ""):
        return Suite(["make", target or "test"], "Makefile", _MAKE_TEST)
    folder = next((name for name in _TEST_FOLDERS if _is_folder(context, name)), "")
    if target.endswith(".py") or folder:
        argv = python_argv("-m", "unittest", *_unittest_names(context, target, bare=bare))
        return Suite(argv, f"{folder}/" if folder else target)
    raise ToolError(
        "no tests found: looked for pytest settings or conftest.py, package.json, Cargo.toml, go.mod, "
        "a Makefile with `test:`, a tests folder; run_shell can start others"
    )


def _pytest_sign(context: ToolContext, target: str) -> tuple[str, str] | None:
    """The file that says that the tests are for pytest, with a pattern of its line; None where none does."""
    for name, sign in _PYTEST_SIGNS:
        text = _text(context, name)
        if text is not None and re.search(sign, text):
            return name, sign
    name = _pytest_file(context, target)
    return (name, _PYTEST) if name else None


def _pytest_file(context: ToolContext, target: str) -> str:
    """A test file that is written for pytest: ``unittest`` passes over functions and says all went well."""
    names = [target] if target.endswith(".py") else []
    for folder in () if names else _TEST_FOLDERS:
        try:
            with located(context.workspace, folder) as place:
                entries = children(place, Ignores(context.workspace, place.parts), [])
        except ToolError:
            continue
        names += ["/".join(each.parts) for each in entries if each.is_file and each.parts[-1].endswith(".py")]
    found = (name for name in names[:_MOST_LOOKED_AT] if re.search(_PYTEST, _text(context, name) or ""))
    return next(found, "")


def _npm_scripts(context: ToolContext) -> dict[str, object]:
    text = _text(context, "package.json")
    if text is None:
        return {}
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"package.json is not valid JSON: {error}") from error
    scripts = manifest.get("scripts") if isinstance(manifest, dict) else None
    return scripts if isinstance(scripts, dict) else {}


def _unittest_names(context: ToolContext, target: str, *, bare: bool) -> list[str]:
    if not bare:
        return [target] if target else ["discover"]
    found = node_ids(context, target)
    if not found:
        return ["discover", "-k", target] if _IDENTIFIER.fullmatch(target) else [target]
    paths_and_names = (one.partition("::") for one in found)
    return [
        f"{path.removesuffix('.py').replace('/', '.')}.{name.replace('::', '.')}" if name else path
        for path, _, name in paths_and_names
    ]


def _name_option(script: str) -> list[str]:
    """The option of the test program in ``script`` that selects tests by name."""
    if re.search(r"\b(jest|vitest)\b", script):
        return ["-t"]
    return ["--grep"] if re.search(r"\bmocha\b", script) else []


def _text(context: ToolContext, name: str) -> str | None:
    """A small file of the workspace, or None where there is none that can be read."""
    try:
        with located(context.workspace, name) as place:
            return read_bytes(place, _LARGEST_MANIFEST).decode("utf-8", "replace")
    except ToolError:
        return None


def _is_folder(context: ToolContext, name: str) -> bool:
    try:
        with located(context.workspace, name) as place:
            return place.is_folder
    except ToolError:
        return False
