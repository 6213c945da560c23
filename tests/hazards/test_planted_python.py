"""Python files that a call could have left where Python looks for modules: none of them is ever imported."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import doctor
from sandbox import installation
from sandbox.base import Mount, SandboxError
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.clean_start import PATH_VARIABLES, clean, import_path
from sandbox.programs import WRITABLE, count_as_writable, python_command
from sandbox.protection import Protection
from sandbox.workspace import check_mount
from tools.base import ToolContext
from tools.calls import ToolCall
from tools.executor import Executor
from tools.registry import builtin_registry

ROOT = Path(__file__).parents[2]
BEFORE_US = ("sitecustomize", "usercustomize")
MODULES = (
    *("click", "json", "typing", "dataclasses", "conftest", "sandbox", "tools", "training", "pydantic"),
    *("platformdirs", "tomlkit", "regex", "orjson", "brotli", "tomllib", "logging", "shutil", "tempfile"),
)
"""What the program imports after Python itself has started."""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    return root


@pytest.fixture
def witness(workspace: Path) -> Path:
    return workspace / "witness"


def plant(folder: Path, names: tuple[str, ...], witness: Path) -> None:
    """Modules and packages that say their name in the witness when they are imported."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        said = f"open({str(witness)!r}, 'a').write('{name} ')\n"
        (folder / f"{name}.py").write_text(said)
        if name in ("sandbox", "tools", "training"):
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text(said)


def run(workspace: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in PATH_VARIABLES}
    environment = {**kept, "PATH": os.environ["PATH"], **more}
    return subprocess.run(
        command, cwd=workspace, env=environment, capture_output=True, text=True, timeout=100
    )


@pytest.mark.parametrize(
    "arguments", [("--version",), ("config", "show"), ("-p", "hello", "-m", "/no/model")]
)
@pytest.mark.slow
def test_D07_modules_in_the_current_folder_are_not_imported(
    arguments: tuple[str, ...], workspace: Path, witness: Path
) -> None:
    plant(workspace, (*MODULES, *BEFORE_US), witness)
    done = run(workspace, sys.executable, "-m", "assistant", *arguments)
    assert not witness.exists(), witness.read_text()
    assert (done.returncode == 0) == (arguments[0] != "-p"), done.stderr


@pytest.mark.parametrize("path", ["{workspace}", ".", "", "lib:{workspace}/lib"])
@pytest.mark.slow
def test_D07_nor_those_that_PYTHONPATH_leads_to(path: str, workspace: Path, witness: Path) -> None:
    """Python reads some files of its own before the program begins; those are not covered."""
    names = ("click", "pydantic", "platformdirs", "tomlkit", "conftest", "orjson")
    for folder in (workspace, workspace / "lib"):
        plant(folder, names, witness)
    script = workspace.parent / "apprentice"
    script.write_text("import sys\nfrom assistant.entry import main\nsys.exit(main())\n")
    done = run(
        workspace,
        sys.executable,
        str(script),
        "config",
        "show",
        PYTHONPATH=path.format(workspace=workspace),
    )
    assert (done.returncode, witness.exists()) == (0, False), done.stderr


@pytest.mark.parametrize("module", ["training.models.header_reader", "training.jobs"])
def test_D07_children_import_nothing_from_the_workspace(module: str, workspace: Path, witness: Path) -> None:
    plant(workspace, (*MODULES, *BEFORE_US), witness)
    count_as_writable(workspace)
    run(workspace, *python_command("-m", module, "nothing"), **{WRITABLE: os.environ[WRITABLE]})
    assert not witness.exists(), witness.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{ws}/.venv/bin:/usr/bin", "/usr/bin"),
        (":/usr/bin:", "/usr/bin"),
        (".:bin:../bin:/usr/bin", "/usr/bin"),
        ("{ws}:{ws}/not/yet/there", None),
        ("/usr/bin:/nowhere", "/usr/bin:/nowhere"),
        ("{ws}/../project/bin:/usr/bin", "/usr/bin"),
        ("{link}/bin:/usr/bin", "/usr/bin"),
        ("{earlier}/bin:/usr/bin", "/usr/bin"),
    ],
)
@pytest.mark.parametrize("name", PATH_VARIABLES)
def test_D07_variables_that_load_code_lose_what_a_call_can_write(
    name: str, before: str, after: str | None, workspace: Path
) -> None:
    earlier, link = workspace.parent / "earlier", workspace.parent / "link"
    count_as_writable(earlier)
    link.symlink_to(workspace)
    environ = {name: before.format(ws=workspace, link=link, earlier=earlier), "PWD": str(workspace)}
    clean(workspace, environ)
    assert environ.pop("PYTHONSAFEPATH") == "1"
    assert environ == ({"PWD": str(workspace)} | ({name: after} if after else {}))


def test_D07_the_import_path_keeps_what_is_installed_and_our_own_sources_last(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(workspace / ".venv"))
    monkeypatch.setattr("sandbox.clean_start.SOURCES", workspace)
    packages = str(workspace / ".venv" / "lib" / "python3.11" / "site-packages")
    before = ["", str(workspace), "/usr/lib/python3.11", packages, str(workspace / "src"), "lib"]
    assert import_path(before, workspace) == ["/usr/lib/python3.11", packages, str(workspace)]


@pytest.fixture
def installed(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The environment of this program as if it were the workspace's own."""
    folder = workspace / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text("")
    monkeypatch.setattr(sys, "prefix", str(folder))
    monkeypatch.setattr(sys, "exec_prefix", str(folder))
    yield folder


async def test_A08_no_tool_writes_where_the_program_is_installed(workspace: Path, installed: Path) -> None:
    executor = Executor(builtin_registry(), ToolContext(workspace))
    (workspace / "alias").symlink_to(".venv")
    for path in (".venv/bin/python", ".venv/lib/x.pth", "alias/bin/python", ".venv/../.venv/bin/python"):
        done = await executor.run(ToolCall("1", "write_file", {"path": path, "content": "evil"}))
        assert not done.success and "belongs to this program itself" in done.text
    assert (installed / "bin" / "python").read_text() == ""


def test_A08_an_environment_that_is_the_workspace_is_protected_in_parts(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(workspace))
    (workspace / "bin").mkdir()
    (workspace / "pyvenv.cfg").touch()
    assert installation.installed_below(workspace) == [Path("bin"), Path("pyvenv.cfg")]
    protection = Protection(Mount(workspace))
    binds = {bind.path.name: bind.writable for bind in protection.prepare()}
    protection.release()
    assert binds["bin"] is False and binds["pyvenv.cfg"] is False


def test_A08_a_link_to_the_environment_cannot_be_exchanged(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / ".venv").symlink_to(workspace.parent)
    monkeypatch.setattr(sys, "prefix", str(workspace / ".venv"))
    with pytest.raises(SandboxError, match="symbolic link"):
        Protection(Mount(workspace)).prepare()


def test_A07_a_part_of_the_installation_is_no_workspace(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = workspace / "lib" / "python3.11"
    inner.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(workspace))
    with pytest.raises(SandboxError, match="this program's own installation"):
        check_mount(Mount(inner))


@pytest.mark.bubblewrap
async def test_A08_no_call_writes_where_the_program_is_installed(workspace: Path, installed: Path) -> None:
    sandbox = BubblewrapSandbox(Mount(workspace))
    await sandbox.start()
    for command in (
        "echo evil > .venv/bin/python",
        "touch .venv/bin/bwrap",
        "mkdir -p .venv/lib; touch .venv/lib/evil.pth",
        "mv .venv old",
        "rm -rf .venv; mkdir .venv",
        "ln -sfn /tmp .venv/bin",
    ):
        assert (await sandbox.run(["sh", "-c", command])).exit_code != 0, command
    await sandbox.close()
    assert sorted(path.name for path in installed.rglob("*")) == ["bin", "python"]
    assert (installed / "bin" / "python").read_text() == ""


@pytest.mark.parametrize("path", ["{workspace}", "{workspace}/lib", "lib", ":/usr/lib", "{link}/lib"])
def test_D07_a_PYTHONPATH_that_leads_into_the_workspace_is_said(
    path: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "lib").mkdir()
    (tmp_path / "link").symlink_to(workspace)
    given = path.format(workspace=workspace, link=tmp_path / "link")
    monkeypatch.setattr(installation, "_started_with", lambda name: given.split(":"))
    said = installation.exposure(workspace)
    assert said.startswith("PYTHONPATH leads into the workspace") and "unset it" in said
    monkeypatch.setattr(installation, "_started_with", lambda name: ["/usr/lib"])
    assert installation.exposure(workspace) == ""


def test_D07_the_PYTHONPATH_of_the_start_is_known_after_it_was_cleaned(workspace: Path) -> None:
    code = (
        "import os; from sandbox.installation import exposure; from pathlib import Path;"
        " os.environ.pop('PYTHONPATH'); print(exposure(Path(os.getcwd())))"
    )
    done = run(workspace, sys.executable, "-c", code, PYTHONPATH=f"{ROOT}:{workspace}")
    assert done.stdout.startswith(f"PYTHONPATH leads into the workspace ({workspace})"), done.stderr


async def test_it_is_said_where_a_call_can_change_the_next_start(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installation.exposure(workspace) == ""
    assert await doctor._installation(workspace) == []
    packages = workspace / ".venv" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "project.pth").write_text(f"# comment\nimport os\n{workspace}/src\n")
    monkeypatch.setattr("site.getsitepackages", lambda: [str(packages)])
    assert "sitecustomize.py" in installation.exposure(workspace)
    monkeypatch.setattr(installation, "SOURCES", workspace)
    assert "own sources" in installation.exposure(workspace)
    (check,) = await doctor._installation(workspace)
    assert not check.ok and "pipx" in check.fix
