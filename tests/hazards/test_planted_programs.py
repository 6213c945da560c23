"""Programs that a call could have left where the host looks for its own: none of them is ever started.

Each plant leaves a witness when it runs, and then does what the real one does.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import doctor, workspaces
from assistant.tui.external_editor import EditorError, edit
from sandbox.base import Mount, SandboxError
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.canary import prove
from sandbox.git_identity import git_identity
from sandbox.programs import (
    RECORD,
    ProgramError,
    count_as_writable,
    find_program,
    host_command,
    recorded_folders,
)
from sandbox.snapshots import SnapshotSettings, SnapshotStore, SnapshotUnavailable
from tools.base import ToolContext
from tools.calls import ToolCall
from tools.executor import Executor
from tools.registry import builtin_registry
from training.finetune.provenance import commit_of

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
OTHER_USER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
pytestmark = pytest.mark.skipif(shutil.which("git", path=SYSTEM) is None, reason="needs git")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True, env={"PATH": SYSTEM, "HOME": "/nowhere"})
    (root / "main.py").write_text("needle\n")
    return root


@pytest.fixture
def witness(workspace: Path) -> Path:
    return workspace / "witness"


@pytest.fixture
def plant(witness: Path) -> Callable[[Path, str], Path]:
    def make(folder: Path, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        real = shutil.which(name, path=SYSTEM) or "true"
        path.write_text(f'#!/bin/sh\necho {name} >> {witness}\nexec {real} "$@"\n')
        path.chmod(0o755)
        return path

    return make


Plant = Callable[[Path, str], Path]


def venv(workspace: Path, plant: Plant) -> str:
    return str(plant(workspace / ".venv" / "bin", "tool").parent)


def deep(workspace: Path, plant: Plant) -> str:
    return str(plant(workspace / "web" / "node_modules" / ".bin", "tool").parent)


def dotted(workspace: Path, plant: Plant) -> str:
    plant(workspace / "bin", "tool")
    return f"{workspace.parent}/other/../project/bin"


def root_itself(workspace: Path, plant: Plant) -> str:
    return str(plant(workspace, "tool").parent)


def relative(workspace: Path, plant: Plant) -> str:
    plant(workspace / "bin", "tool")
    return "bin"


def point(workspace: Path, plant: Plant) -> str:
    plant(workspace, "tool")
    return "."


def empty(workspace: Path, plant: Plant) -> str:
    plant(workspace, "tool")
    return ""


def linked_folder(workspace: Path, plant: Plant) -> str:
    plant(workspace / "bin", "tool")
    (workspace.parent / "outside").symlink_to(workspace / "bin")
    return str(workspace.parent / "outside")


def linked_file(workspace: Path, plant: Plant) -> str:
    plant(workspace / "bin", "tool")
    (workspace.parent / "outside").mkdir()
    (workspace.parent / "outside" / "tool").symlink_to(workspace / "bin" / "tool")
    return str(workspace.parent / "outside")


def a_link_in_the_workspace_that_leads_out(workspace: Path, plant: Plant) -> str:
    """What it leads to is good now; a call can turn the link."""
    (workspace / "link").symlink_to(plant(workspace.parent / "good", "tool").parent)
    (workspace.parent / "outside").symlink_to(workspace / "link")
    return str(workspace.parent / "outside")


def earlier_workspace(workspace: Path, plant: Plant) -> str:
    folder = plant(workspace.parent / "earlier" / ".venv" / "bin", "tool").parent
    workspaces.remember(workspace.parent / "earlier")
    workspaces.guard(workspace)
    return str(folder)


def workspace_of_a_session_that_began_later(workspace: Path, plant: Plant) -> str:
    folder = plant(workspace.parent / "later" / ".venv" / "bin", "tool").parent
    workspaces.guard(workspace)
    workspaces.remember(workspace.parent / "later")
    return str(folder)


def folder_above_the_workspace(workspace: Path, plant: Plant) -> str:
    """Of a session that began in the folder above."""
    folder = plant(workspace.parent / ".venv" / "bin", "tool").parent
    count_as_writable(workspace.parent)
    return str(folder)


def everybody_writes_the_folder(workspace: Path, plant: Plant) -> str:
    folder = plant(workspace.parent / "open", "tool").parent
    folder.chmod(0o777)
    return str(folder)


def everybody_writes_a_folder_above(workspace: Path, plant: Plant) -> str:
    folder = plant(workspace.parent / "open" / "bin", "tool").parent
    folder.parent.chmod(0o777)
    return str(folder)


def everybody_writes_the_file(workspace: Path, plant: Plant) -> str:
    path = plant(workspace.parent / "open", "tool")
    path.chmod(0o777)
    return str(path.parent)


def a_group_writes_the_file(workspace: Path, plant: Plant) -> str:
    path = plant(workspace.parent / "open", "tool")
    os.chown(path, -1, OTHER_USER)
    path.chmod(0o775)
    return str(path.parent)


def another_users_file(workspace: Path, plant: Plant) -> str:
    path = plant(workspace.parent / "open", "tool")
    os.chown(path, OTHER_USER, -1)
    return str(path.parent)


def another_users_folder(workspace: Path, plant: Plant) -> str:
    folder = plant(workspace.parent / "open", "tool").parent
    os.chown(folder, OTHER_USER, -1)
    return str(folder)


def another_users_file_in_a_common_folder(workspace: Path, plant: Plant) -> str:
    path = plant(workspace.parent / "open", "tool")
    path.parent.chmod(0o1777)
    os.chown(path, OTHER_USER, -1)
    return str(path.parent)


def another_users_link(workspace: Path, plant: Plant) -> str:
    path = plant(workspace.parent / "good", "tool")
    (workspace.parent / "open").mkdir()
    link = workspace.parent / "open" / "tool"
    link.symlink_to(path)
    os.chown(link, OTHER_USER, -1, follow_symlinks=False)
    return str(link.parent)


PLACES = [
    *(venv, deep, dotted, root_itself, relative, point, empty, linked_folder, linked_file),
    *(a_link_in_the_workspace_that_leads_out, earlier_workspace, folder_above_the_workspace),
    workspace_of_a_session_that_began_later,
    *(everybody_writes_the_folder, everybody_writes_a_folder_above, everybody_writes_the_file),
    *(
        pytest.param(one, marks=needs_root)
        for one in (
            a_group_writes_the_file,
            another_users_file,
            another_users_folder,
            another_users_file_in_a_common_folder,
            another_users_link,
        )
    ),
]


@pytest.mark.parametrize("place", PLACES)
def test_D07_a_program_in_such_a_place_is_refused_by_name_and_passed_over(
    place: Callable[[Path, Plant], str],
    workspace: Path,
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    (workspace.parent / "other").mkdir()
    monkeypatch.chdir(workspace)
    folder = place(workspace, plant)
    monkeypatch.setenv("PATH", folder)
    with pytest.raises(ProgramError) as refused:
        host_command("tool", workspace=workspace)
    assert "\n" not in str(refused.value)
    if folder.startswith("/"):
        assert f"{folder}/tool is not started: " in str(refused.value)
        with pytest.raises(ProgramError):
            host_command(f"{folder}/tool", workspace=workspace)
    good = plant(tmp_path_factory.mktemp("well"), "tool")
    monkeypatch.setenv("PATH", f"{folder}:{good.parent}")
    assert find_program("tool", workspace).path == str(good)


@pytest.mark.parametrize("name", ["./tool", "bin/tool", "../project/tool", "/nowhere/tool", "tool"])
def test_D07_a_relative_path_is_no_program(
    name: str, workspace: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (workspace, workspace / "bin"):
        plant(folder, "tool")
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PATH", SYSTEM)
    with pytest.raises(ProgramError):
        host_command(name)


def test_ordinary_places_of_programs_are_taken(tmp_path: Path, plant: Plant, workspace: Path) -> None:
    common = tmp_path / "common"
    plant(common, "tool")
    common.chmod(0o1777)
    (tmp_path / "link").symlink_to("common/../common")
    for path in (common / "tool", tmp_path / "link" / "tool"):
        assert host_command(str(path), "-x", workspace=workspace) == [str(path), "-x"]
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ProgramError):
        host_command(str(loop / "tool"))


async def started_bubblewrap(workspace: Path) -> None:
    sandbox = BubblewrapSandbox(Mount(workspace))
    await sandbox.start()
    await sandbox.close()


async def identity(workspace: Path) -> None:
    git_identity(workspace)


async def snapshot(workspace: Path) -> None:
    SnapshotStore(workspace.parent / "data", workspace, SnapshotSettings()).take({})


async def commit(workspace: Path) -> None:
    count_as_writable(workspace)
    commit_of(workspace)


async def search(workspace: Path) -> None:
    executor = Executor(builtin_registry(), ToolContext(workspace))
    found = await executor.run(ToolCall("1", "search_files", {"pattern": "needle"}))
    assert found.text == "main.py:1: needle"


async def programs_of_doctor(workspace: Path) -> None:
    await doctor._programs(workspace)


async def editor(workspace: Path) -> None:
    count_as_writable(workspace)
    edit("text", ["true"])


STARTS = [
    pytest.param(started_bubblewrap, "bwrap", marks=pytest.mark.bubblewrap),
    (identity, "git"),
    (snapshot, "git"),
    (commit, "git"),
    (search, "rg"),
    (programs_of_doctor, "git"),
    (programs_of_doctor, "rg"),
    (editor, "true"),
]
REFUSALS = (SandboxError, SnapshotUnavailable, EditorError)


@pytest.mark.parametrize(("start", "name"), STARTS)
@pytest.mark.parametrize("rest", [f":{SYSTEM}", ""], ids=["before the real one", "alone"])
@pytest.mark.parametrize("folder", [".venv/bin", "relative"])
async def test_D07_what_starts_a_program_never_starts_a_planted_one(
    start: Callable[[Path], object],
    name: str,
    rest: str,
    folder: str,
    workspace: Path,
    witness: Path,
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted = plant(workspace / folder, name)
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("VIRTUAL_ENV", str(workspace / ".venv"))
    monkeypatch.setenv("PATH", f"{planted.parent if folder.startswith('.') else folder}{rest}")
    try:
        await start(workspace)
    except REFUSALS as refusal:
        assert not rest, str(refusal)
    assert not witness.exists()


async def test_D07_a_bwrap_of_the_workspace_is_named_with_the_fix(
    workspace: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant(workspace / ".venv" / "bin", "bwrap")
    monkeypatch.setenv("PATH", str(planted.parent))
    with pytest.raises(SandboxError) as refused:
        await started_bubblewrap(workspace)
    assert str(planted) in str(refused.value) and "sudo apt-get install bubblewrap" in str(refused.value)


async def test_D07_doctor_names_what_it_passes_over(
    workspace: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant(workspace / ".venv" / "bin", "git")
    monkeypatch.setenv("PATH", f"{planted.parent}:{SYSTEM}")
    check = next(check for check in await doctor._programs(workspace) if check.name == "git")
    assert check.ok and f"{planted} is not started" in check.detail


@pytest.mark.parametrize("given", ["vi", "./vi", "bin/vi", "{workspace}/vi", "{workspace}/bin/vi -n"])
def test_D07_an_editor_of_the_workspace_is_refused(
    given: str, workspace: Path, witness: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (workspace, workspace / "bin"):
        plant(folder, "vi")
    count_as_writable(workspace)
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PATH", f"bin:.::{workspace}")
    with pytest.raises(EditorError):
        edit("text", given.format(workspace=workspace).split())
    assert not witness.exists()


def test_an_editor_works_in_a_folder_of_its_own(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workspace may hold .exrc, .nvim.lua and the like."""
    script = tmp_path / "where"
    script.write_text('#!/bin/sh\npwd > "$1"\n')
    script.chmod(0o755)
    monkeypatch.chdir(workspace)
    assert Path(edit("text", [str(script)])).name.startswith("apprentice-")


@pytest.mark.bubblewrap
async def test_D07_what_is_put_around_a_command_inside_is_not_the_workspaces(
    workspace: Path, witness: Path, plant: Plant
) -> None:
    """The limits, the shells, the Python of the canary and of the proxy, and the git that shows changes."""
    sandbox = BubblewrapSandbox(Mount(workspace))
    await sandbox.start()
    for name in ("prlimit", "env", "sh", "bash", "python3", "python", "git", "sleep"):
        plant(workspace / ".venv" / "bin", name)
    for name in ("json", "os", "socket", "subprocess", "tempfile"):
        (workspace / f"{name}.py").write_text(f"open({str(witness)!r}, 'a').write('{name}')\n")
    executor = Executor(builtin_registry(), ToolContext(workspace, sandbox=sandbox))
    checks = await prove(sandbox, workspace)
    shown = await executor.run(ToolCall("1", "git_diff", {}))
    said = await executor.run(ToolCall("2", "run_shell", {"command": "echo $BASH_VERSION; type -P ls"}))
    await sandbox.close()
    assert [check for check in checks if not check.ok] == []
    assert "main.py" in shown.text and said.text.endswith("/bin/ls")
    assert not witness.exists()


def test_damaged_lines_of_the_record_are_passed_over(workspace: Path, private_home: Path) -> None:
    workspaces.guard(workspace)
    record = Path(os.environ[RECORD])
    record.parent.mkdir(parents=True)
    record.write_bytes(b'\xff\n"relative"\n[1]\n"/a\\u0000b"\n{\n\n')
    workspaces.remember(workspace)
    workspaces.remember(workspace)
    assert recorded_folders(record) == [workspace]
    assert record.read_bytes().count(b"project") == 1


@pytest.mark.parametrize("mounted", ["bin", "bin/tool", ".", "a folder/bin"])
@pytest.mark.parametrize("as_path", [True, False])
def test_D07_a_part_of_the_workspace_that_is_mounted_elsewhere_is_not_started(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, as_path: bool
) -> None:
    """The kernel's list is played: mounting takes more rights than a test has."""
    inside = workspace / (mounted if mounted != "bin/tool" else "bin")
    inside.mkdir(parents=True, exist_ok=True)
    elsewhere = tmp_path / "opt tools"
    elsewhere.mkdir()
    program = elsewhere / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    point = program if mounted == "bin/tool" else elsewhere
    source = str(workspace.joinpath(mounted).resolve()).replace(" ", "\\040")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/a rw\n"
        f"2 1 8:1 {source} {str(point).replace(' ', chr(92) + '040')} rw - ext4 /dev/a rw\n"
    )
    monkeypatch.setenv("PATH", str(elsewhere))
    name = str(program) if as_path else "tool"
    assert find_program(name, workspace).path == str(program)
    monkeypatch.setattr("sandbox.mounts._LIST", mounts)
    with pytest.raises(ProgramError, match="sandboxed calls can write in"):
        find_program(name, workspace)
    mounts.write_text(mounts.read_text().replace("2 1 8:1", "2 1 8:2"))  # the same path of another disk
    assert find_program(name, workspace).path == str(program)
