"""Every process that the four packages start on the host is found in one place (see ``sandbox.programs``).

Reads the sources: a start of a process begins with ``host_command`` or ``python_command``, and no other way
to find or start a program is used at all.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for package in ("assistant", "training", "tools", "sandbox")
    for path in (ROOT / package).rglob("*.py")
)
STARTS = {
    *("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call"),
    *("subprocess.check_output", "asyncio.create_subprocess_exec"),
}
FINDERS = {"host_command", "python_command"}
NEVER = {
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
    *("os.system", "os.popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp", "os.startfile"),
    *(f"os.{kind}{suffix}" for kind in ("exec", "spawn") for suffix in ("l", "le", "lp", "lpe")),
    *(f"os.{kind}{suffix}" for kind in ("exec", "spawn") for suffix in ("v", "ve", "vp", "vpe")),
    *(
        "pty.fork",
        "pty.spawn",
        "shutil.which",
        "webbrowser.open",
        "pydoc.pager",
        "click.edit",
        "click.launch",
    ),
    *(
        "click.echo_via_pager",
        "click.pager",
        "ctypes.util.find_library",
        "platform.processor",
        "runpy.run_path",
    ),
    *("multiprocessing.Process", "multiprocessing.Pool", "concurrent.futures.ProcessPoolExecutor"),
}
INSIDE = {"sandbox/egress/forward.py", "sandbox/probe.py", "tools/builtin/git_view.py"}
"""Sent into the sandbox, and run nowhere else."""
ELSEWHERE = {"training/remote/on_hub.py"}
"""Sent to a provider, and run nowhere else."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a dotted name."""
    names = dict(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            first, _, rest = ast.unparse(node.func).partition(".")
            yield names.get(first, first) + (f".{rest}" if rest else ""), node


def function_of(node: ast.AST, tree: ast.AST) -> ast.AST:
    """The innermost function around ``node``."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return next((one for one in reversed(functions) if node in ast.walk(one)), tree)


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Local names of imported things, with what they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((one.asname, one.name) for one in node.names if one.asname)
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                own = (node.module or "").startswith(("sandbox.", "tools.", "training.", "assistant."))
                yield one.asname or one.name, one.name if own else f"{node.module}.{one.name}"


def is_found(argument: ast.expr, scope: ast.AST) -> bool:
    """Whether a command comes from one of the finders, by itself or by every value of a local name."""
    if isinstance(argument, ast.Starred):
        argument = argument.value
    if isinstance(argument, ast.Call):
        return isinstance(argument.func, ast.Name) and argument.func.id in FINDERS
    if not isinstance(argument, ast.Name):
        return False
    values = [
        node.value
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == argument.id for target in node.targets)
    ]
    return bool(values) and all(is_found(value, scope) for value in values if value is not argument)


def problems(source: str) -> list[str]:
    """What a source starts, or looks for, in another way."""
    if not any(all(part in source for part in dotted.split(".")) for dotted in STARTS | NEVER):
        return []
    tree = ast.parse(source)
    found = []
    for dotted, node in calls(tree):
        if dotted in NEVER:
            found.append(f"{node.lineno}: {dotted}")
        if dotted not in STARTS:
            continue
        if not (node.args and is_found(node.args[0], function_of(node, tree))):
            found.append(f"{node.lineno}: {dotted} of {', '.join(map(ast.unparse, node.args[:1]))}")
        if any(word.arg in ("shell", "executable") for word in node.keywords):
            found.append(f"{node.lineno}: {dotted} with a shell")
    return found


@pytest.mark.slow
def test_every_process_of_the_host_is_found_in_one_place() -> None:
    allowed = {"assistant/doctor.py": "asyncio.create_subprocess_exec of *command"}
    left = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name not in INSIDE | ELSEWHERE:
            found = problems(path.read_text("utf-8"))
            left += [f"{name}:{one}" for one in found if allowed.get(name, "-") not in one]
    assert left == []


def test_doctor_is_handed_nothing_but_found_commands() -> None:
    tree = ast.parse((ROOT / "assistant" / "doctor.py").read_text("utf-8"))
    given = [node for dotted, node in calls(tree) if dotted == "_output_of"]
    assert given
    for node in given:
        assert is_found(node.args[0], tree), ast.unparse(node)


def modules_started(tree: ast.Module) -> Iterator[str]:
    """The second argument of each call of ``python_command``, a string or the name of one."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for dotted, node in calls(tree):
        if dotted == "python_command":
            for argument in node.args[1:2]:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)
                elif isinstance(argument, ast.Name):
                    yield str(constants.get(argument.id, ""))


def test_a_module_that_is_started_cleans_its_import_path_first() -> None:
    started = {
        module
        for path in SOURCES
        if "python_command(" in path.read_text("utf-8")
        for module in modules_started(ast.parse(path.read_text("utf-8")))
        if module.startswith("training.")
    }
    assert len(started) >= 6
    for module in started:
        path = ROOT / f"{module.replace('.', '/')}.py"
        path = path if path.exists() else ROOT / module.replace(".", "/") / "__main__.py"
        begin = path.read_text("utf-8").rpartition('if __name__ == "__main__":\n')[2]
        assert begin.startswith("    clean()\n"), module


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['git', 'status'])",
        "import subprocess as s\ns.Popen('git')",
        "from subprocess import run\nrun(['git'])",
        "import asyncio\nasyncio.create_subprocess_exec('rg')",
        "import os\nos.execvp('sh', [])",
        "import shutil\nshutil.which('bwrap')",
        "from shutil import which\nwhich('bwrap')",
        "import subprocess\ndef f():\n    c = host_command('git')\n    c = ['git']\n    subprocess.run(c)",
        "import subprocess\ndef f(c):\n    subprocess.run(c)",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'x'])",
        "import subprocess\nsubprocess.run(host_command('git'), shell=True)",
        "import webbrowser\nwebbrowser.open('x')",
    ],
)
def test_another_way_to_start_a_process_is_seen(source: str) -> None:
    assert problems(source)
