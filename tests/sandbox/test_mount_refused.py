"""A7: folders that may never be handed to a sandbox."""

import json
import socket
from pathlib import Path

import pytest

from sandbox.base import Mount, SandboxError
from sandbox.workspace import check_mount
from tools.builtin.paths import located
from tools.calls import ToolError


def test_project_folder_is_fine(workspace: Path) -> None:
    check_mount(Mount(workspace))


@pytest.mark.parametrize(
    "root", ["/", "/etc", "/etc/ssl", "/usr", "/proc/self", "/dev", "/tmp", "/var", "/run"]
)
def test_A07_system_folders_are_refused(root: str) -> None:
    with pytest.raises(SandboxError, match="workspace"):
        check_mount(Mount(Path(root)))


def test_A07_home_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "project").mkdir(parents=True)
    with pytest.raises(SandboxError, match="home folder"):
        check_mount(Mount(tmp_path / "home"))
    with pytest.raises(SandboxError, match="home folder"):
        check_mount(Mount(tmp_path))
    check_mount(Mount(tmp_path / "home" / "project"))


def test_A07_folder_with_the_engines_socket_is_refused(
    plain_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = plain_folder / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        check_mount(Mount(plain_folder))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        with pytest.raises(SandboxError, match="engine's socket"):
            check_mount(Mount(plain_folder))


def test_A07_folder_with_a_socket_named_docker_sock_is_refused(plain_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(plain_folder / "docker.sock"))
        with pytest.raises(SandboxError, match=r"docker\.sock"):
            check_mount(Mount(plain_folder))


def test_relative_folder_is_refused() -> None:
    with pytest.raises(SandboxError, match="absolute"):
        check_mount(Mount(Path("project")))


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no such folder"):
        check_mount(Mount(tmp_path / "gone"))


def test_folder_behind_a_link_is_refused_with_the_path_to_use(workspace: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(workspace)
    with pytest.raises(SandboxError, match=f"open {workspace} instead"):
        check_mount(Mount(link))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ""])
def test_protected_paths_must_stay_inside(workspace: Path, path: str) -> None:
    with pytest.raises(SandboxError, match="protected path"):
        check_mount(Mount(workspace, protected=(path,)))


def test_every_refusal_is_one_line(tmp_path: Path) -> None:
    for root in (Path("/"), Path("x"), tmp_path / "gone"):
        with pytest.raises(SandboxError) as caught:
            check_mount(Mount(root))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inner", ["settings", "settings/deep"])
def test_A07_a_folder_with_the_programs_own_settings_is_refused(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    monkeypatch.setenv("FOLDERS_OF_APPRENTICE", json.dumps([str(workspace / inner)]))
    with pytest.raises(SandboxError, match="own settings"):
        check_mount(Mount(workspace))


def test_A07_no_tool_writes_the_programs_own_settings(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "kept").mkdir()
    (workspace / "kept" / "settings.toml").touch()
    (workspace / "other").symlink_to("kept")
    monkeypatch.setenv("FOLDERS_OF_APPRENTICE", json.dumps([str(workspace / "kept")]))
    for path in ("kept/settings.toml", "other/settings.toml"):
        with (
            pytest.raises(ToolError, match="belongs to this program"),
            located(workspace, path, writing=True),
        ):
            pass
    with located(workspace, "free.toml", writing=True):
        pass
