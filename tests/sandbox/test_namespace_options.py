"""The bubblewrap command line, without bubblewrap."""

import sys
from pathlib import Path

import pytest

from sandbox import namespace
from sandbox.base import Limits, Mount
from sandbox.launch import DEFAULT_LIMITS
from sandbox.protection import Bind, Protection


def made(root: Path, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    binds = Protection(Mount(root)).prepare()
    return namespace.options(Mount(root), binds, limits, {"passwd": 9}, 1000, 1000)


def pairs(options: list[str], name: str) -> list[str]:
    """First argument after each ``name``."""
    return [options[at + 1] for at, option in enumerate(options) if option == name]


def test_everything_is_unshared_and_nothing_survives(workspace: Path) -> None:
    options = made(workspace)
    needed = {"--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"}
    assert needed | {"--clearenv"} <= set(options)
    assert "--share-net" not in options
    assert options[options.index("--cap-drop") + 1] == "ALL"


def test_only_the_workspace_and_what_leads_to_protected_paths_is_writable(workspace: Path) -> None:
    assert pairs(made(workspace), "--bind") == [str(workspace), str(workspace / ".git")]


def test_A02_host_folders_are_an_allow_list(workspace: Path) -> None:
    shown = pairs(made(workspace), "--ro-bind")
    for path in ("/", "/etc", "/root", "/home", "/run", "/var", "/tmp", "/sys", "/etc/shadow", "/etc/ssl"):
        assert path not in shown
    assert "/usr" in shown
    assert not any(path.startswith("/etc/ssl/private") for path in shown)


def test_protected_paths_come_after_the_workspace(workspace: Path) -> None:
    options = made(workspace)
    root = options.index(str(workspace))
    assert options.index(str(workspace / ".git/hooks")) > root
    assert str(workspace / ".apprentice") in pairs(options, "--ro-bind")


def test_root_and_devices_end_up_read_only(workspace: Path) -> None:
    assert {"/", "/dev"} <= set(pairs(made(workspace), "--remount-ro"))


def test_temporary_files_are_bounded(workspace: Path) -> None:
    options = made(workspace, Limits(memory_bytes=1 << 25))
    sizes = [int(size) for size in pairs(options, "--size")]
    assert sizes == [1 << 25, 1 << 25]


def test_environment_is_set_from_nothing(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    names = pairs(made(workspace), "--setenv")
    assert "PATH" in names and "AWS_SECRET_ACCESS_KEY" not in names


def test_nobody_is_root_inside() -> None:
    assert namespace.own_id(0) == 1000
    assert namespace.own_id(1234) == 1234


def test_packed_arguments_are_nul_terminated() -> None:
    assert namespace.packed(["a", "b c", ""]) == b"a\0b c\0\0"


def test_interpreter_is_shown_where_it_is_not_in_usr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "base_prefix", "/usr/local")
    assert namespace.interpreter_folder() is None
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert namespace.interpreter_folder() == tmp_path.resolve()


def test_interpreter_that_is_the_home_folder_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert namespace.interpreter_folder() is None


def test_accounts_name_one_user_and_no_host(workspace: Path) -> None:
    files = namespace.account_files(1234, 5678)
    assert b":1234:5678:" in files["passwd"]
    assert files["hosts"].startswith(b"127.0.0.1 localhost")


def test_binds_keep_their_order(workspace: Path) -> None:
    binds = (Bind(workspace / "a", True, (0, 0)), Bind(workspace / "a/b", False, (0, 0)))
    options = namespace.options(Mount(workspace), binds, Limits(), {}, 1, 1)
    assert options.index(str(workspace / "a")) < options.index(str(workspace / "a/b"))
