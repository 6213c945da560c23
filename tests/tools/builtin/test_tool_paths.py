"""Paths cannot leave the workspace, whatever they are called and whatever lies on the way."""

import os
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tools.base import ToolContext
from tools.builtin.atomic import read_bytes, write_bytes
from tools.builtin.paths import check_still_below, is_protected, located, open_file, shown
from tools.calls import ToolCall, ToolError, ToolResult
from tools.executor import Executor
from tools.registry import builtin_registry

Run = Callable[..., Awaitable[ToolResult]]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside the workspace."""
    path = tmp_path / "secret.txt"
    path.write_text("SECRET")
    return path


async def refused(run: Run, path: str) -> str:
    """The line with which reading, writing and listing of ``path`` are all refused."""
    results = [
        await run("read_file", path=path),
        await run("write_file", path=path, content="OVERWRITTEN"),
        await run("list_files", path=path),
        await run("search_files", pattern="S", path=path),
    ]
    for result in results:
        assert not result.success, result.text
        assert "SECRET" not in result.text and len(result.text.splitlines()) == 1
    return results[0].text


@pytest.mark.parametrize("path", ["../secret.txt", "a/../../secret.txt", "a/b/../../../secret.txt", ".."])
async def test_C01_dots_do_not_leave(run: Run, workspace: Path, secret: Path, path: str) -> None:
    (workspace / "a" / "b").mkdir(parents=True)
    assert "outside the workspace" in await refused(run, path)
    assert secret.read_text() == "SECRET"


async def test_C01_absolute_paths_outside_are_refused(run: Run, secret: Path) -> None:
    assert "outside the workspace" in await refused(run, str(secret))
    assert "outside the workspace" in await refused(run, f"{secret.parent}/workspace/../secret.txt")
    assert secret.read_text() == "SECRET"


async def test_C01_absolute_paths_inside_work(run: Run, workspace: Path) -> None:
    (workspace / "a.txt").write_text("inside")
    assert (await run("read_file", path=str(workspace / "a.txt"))).text == "inside"
    assert (await run("list_files", path=str(workspace))).text == "a.txt"


@pytest.mark.parametrize("path", ["~", "~/secret.txt", "~root/.ssh/id_rsa"])
async def test_C01_tilde_is_not_expanded(
    run: Run, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "`~` is not expanded" in await refused(run, path)


async def test_C01_encoded_dots_are_ordinary_names(run: Run, secret: Path) -> None:
    for path in ("%2e%2e/secret.txt", "..%2fsecret.txt", "\uff0e\uff0e/secret.txt", "..\\secret.txt"):
        result = await run("read_file", path=path)
        assert not result.success and "does not exist" in result.text


async def test_dots_inside_the_workspace_work(run: Run, workspace: Path) -> None:
    (workspace / "a").mkdir()
    (workspace / "b.txt").write_text("here")
    assert (await run("read_file", path="./a/.././b.txt")).text == "here"


async def test_C02_links_to_outside_are_refused(run: Run, workspace: Path, secret: Path) -> None:
    (workspace / "direct").symlink_to(secret)
    (workspace / "relative").symlink_to("../secret.txt")
    (workspace / "folder").symlink_to(secret.parent)
    (workspace / "chain").symlink_to("direct")
    for path in ("direct", "relative", "folder/secret.txt", "chain"):
        assert "outside the workspace" in await refused(run, path)
    assert secret.read_text() == "SECRET"


async def test_C02_links_inside_are_followed_for_reading_and_writing(run: Run, workspace: Path) -> None:
    (workspace / "real").mkdir()
    (workspace / "real" / "a.txt").write_text("old")
    (workspace / "link").symlink_to("real")
    (workspace / "absolute").symlink_to(workspace / "real" / "a.txt")
    assert (await run("read_file", path="link/a.txt")).text == "old"
    assert (await run("write_file", path="absolute", content="new")).success
    assert (workspace / "absolute").is_symlink() and (workspace / "real" / "a.txt").read_text() == "new"


async def test_C03_a_dangling_link_is_said_and_nothing_is_created(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    (workspace / "dangling").symlink_to("missing.txt")
    (workspace / "outward").symlink_to(tmp_path / "missing.txt")
    assert "is a link to missing.txt, which does not exist" in await refused(run, "dangling")
    assert "outside the workspace" in await refused(run, "outward")
    assert not (workspace / "missing.txt").exists() and not (tmp_path / "missing.txt").exists()


async def test_C04_circular_links_end(run: Run, workspace: Path) -> None:
    (workspace / "a").symlink_to("b")
    (workspace / "b").symlink_to("a")
    (workspace / "self").symlink_to("self/x")
    assert "lead in a circle" in await refused(run, "a")
    assert "lead in a circle" in await refused(run, "self")


async def test_C04_walking_does_not_follow_a_link_to_the_folder_above(run: Run, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    (workspace / "sub" / "a.txt").write_text("x")
    (workspace / "sub" / "up").symlink_to("..")
    assert (await run("list_files")).text.splitlines() == ["sub/a.txt", "sub/up"]


def test_C05_a_file_swapped_for_a_link_after_the_check_is_not_opened(workspace: Path, secret: Path) -> None:
    (workspace / "a.txt").write_text("inside")
    with located(workspace, "a.txt") as place:
        (workspace / "a.txt").unlink()
        (workspace / "a.txt").symlink_to(secret)
        with pytest.raises(ToolError):
            open_file(place)


def test_C05_a_folder_swapped_for_a_link_changes_nothing_outside(workspace: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace / "sub").mkdir()
    with located(workspace, "sub/new.txt", writing=True) as place:
        (workspace / "sub").rename(tmp_path / "moved")
        (workspace / "sub").symlink_to(outside)
        with pytest.raises(ToolError, match="was moved"):
            write_bytes(place, b"x", None)
        with pytest.raises(ToolError, match="was moved"):
            check_still_below(place)
    assert list(outside.iterdir()) == [] and list((tmp_path / "moved").iterdir()) == []


def test_C05_a_file_changed_between_plan_and_write_is_kept(workspace: Path) -> None:
    path = workspace / "a.txt"
    path.write_text("planned against this")
    with located(workspace, "a.txt", writing=True) as place:
        old = read_bytes(place)
        path.write_text("somebody was faster")
        with pytest.raises(ToolError, match="changed while it was written"):
            write_bytes(place, b"mine", old)
    assert path.read_text() == "somebody was faster"
    assert [one.name for one in workspace.iterdir()] == ["a.txt"]


def test_C05_a_file_created_between_plan_and_write_is_kept(workspace: Path) -> None:
    with located(workspace, "a.txt", writing=True) as place:
        (workspace / "a.txt").write_text("somebody was faster")
        with pytest.raises(ToolError, match="created by something else"):
            write_bytes(place, b"mine", None)
    assert (workspace / "a.txt").read_text() == "somebody was faster"


async def test_C06_a_hardlink_to_outside_is_not_written_through(
    run: Run, workspace: Path, secret: Path
) -> None:
    os.link(secret, workspace / "linked.txt")
    assert (await run("write_file", path="linked.txt", content="mine")).success
    assert (workspace / "linked.txt").read_text() == "mine"
    assert secret.read_text() == "SECRET"


PROTECTED = [
    ".git/config",
    ".git/hooks/pre-commit",
    ".git",
    "deep/er/.git/hooks/post-checkout",
    "vendor/lib/.git",
    ".apprentice/settings.toml",
    "sub/.apprentice/settings.local.toml",
]


@pytest.mark.parametrize("path", PROTECTED)
async def test_C07_protected_names_are_not_written_at_any_depth(run: Run, workspace: Path, path: str) -> None:
    result = await run("write_file", path=path, content="x")
    assert not result.success and "is protected" in result.text
    assert list(workspace.iterdir()) == []


async def test_C07_protected_names_are_not_reached_through_a_link(run: Run, workspace: Path) -> None:
    (workspace / ".git").mkdir()
    (workspace / ".git" / "config").write_text("[core]\n")
    (workspace / "innocent").symlink_to(".git")
    (workspace / "x").mkdir()
    for path in ("innocent/config", "x/../.git/config", str(workspace / ".git" / "config")):
        result = await run("edit_file", path=path, old_text="[core]", new_text="[alias]")
        assert not result.success and "is protected" in result.text
    assert (workspace / ".git" / "config").read_text() == "[core]\n"


LOOK_ALIKES = [
    ".GIT",
    ".Git",
    ".git ",
    ".git.",
    ".git. .",
    ".g\u200bit",
    ".\uff47it",
    ".g\u0131t",
    ".g\u0456t",
    ".gi\u0301t",
    "git~1",
    "GIT~1",
    ".\u0430pprentice",
    ".Apprentice",
    "\u200c.git",
]


@pytest.mark.parametrize("name", LOOK_ALIKES, ids=ascii)
async def test_C07_look_alikes_are_protected_too(run: Run, workspace: Path, name: str) -> None:
    assert is_protected(name)
    assert not (await run("write_file", path=f"{name}/config", content="x")).success
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("name", [".gitignore", ".github", "git", ".gitattributes", "apprentice", ".git2"])
async def test_C07_ordinary_neighbours_are_not_protected(run: Run, workspace: Path, name: str) -> None:
    assert (await run("write_file", path=name, content="x\n")).success
    assert (workspace / name).read_text() == "x\n"


async def test_C08_nul_is_refused(run: Run) -> None:
    assert "NUL" in await refused(run, "a\0b")


async def test_C08_names_of_300_bytes_are_refused(run: Run) -> None:
    assert "too long" in (await run("write_file", path="n" * 300, content="x")).text
    assert "too long" in (await run("write_file", path="é" * 150, content="x")).text
    assert "too long" in (await run("write_file", path=f"new/{'n' * 300}/x", content="x")).text
    assert "too long" in (await run("read_file", path="n" * 300)).text


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb"], ids=ascii)
async def test_C08_control_characters_are_not_created_and_are_shown_escaped(
    run: Run, workspace: Path, name: str
) -> None:
    refusal = await run("write_file", path=name, content="x")
    assert not refusal.success and "control characters" in refusal.text
    (workspace / name).write_text("hello")
    listed = (await run("list_files")).text
    assert len(listed.splitlines()) == 1 and not set("\x1b\u202e") & set(listed)
    assert (await run("read_file", path=name)).text == "hello"
    found = (await run("search_files", pattern="hello")).text
    assert len(found.splitlines()) == 1 and "\x1b" not in found


async def test_C08_names_that_are_no_utf8_are_listed_and_searched(run: Run, workspace: Path) -> None:
    with open(os.fsencode(workspace) + b"/caf\xe9.txt", "wb") as file:  # noqa: PTH123 (a name of bytes)
        file.write(b"hello\n")
    assert (await run("list_files")).text == "caf\\xe9.txt"
    assert (await run("search_files", pattern="hello")).text == "caf\\xe9.txt:1: hello"
    assert (await run("read_file", path="caf\udce9.txt")).text == "hello\n"
    assert "no file name can have" in (await run("read_file", path="\ud800")).text


def test_C08_shown_keeps_what_can_be_read() -> None:
    assert shown("größe 漢字.txt") == "größe 漢字.txt"
    assert shown("a\nb\x1b\udcff") == "a\\nb\\x1b\\xff"


async def test_C09_a_workspace_named_by_a_link_still_finds_its_files(
    run: Run, workspace: Path, tmp_path: Path
) -> None:
    (workspace / "a.txt").write_text("inside")
    (tmp_path / "alias").symlink_to(workspace)
    assert (await run("read_file", path=str(tmp_path / "alias" / "a.txt"))).text == "inside"


async def test_C09_a_vanished_workspace_is_said(tmp_path: Path) -> None:
    executor = Executor(builtin_registry(), ToolContext(tmp_path / "gone"))
    for name, arguments in (
        ("read_file", {"path": "a"}),
        ("list_files", {}),
        ("write_file", {"path": "a", "content": "x"}),
        ("search_files", {"pattern": "a"}),
    ):
        result = await executor.run(ToolCall("1", name, arguments))
        assert not result.success and "cannot be opened" in result.text


async def test_B09_only_regular_files_are_read(run: Run, workspace: Path) -> None:
    os.mkfifo(workspace / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    try:
        current = Path.cwd()
        os.chdir(workspace)  # the name of a socket is limited to 108 bytes
        try:
            listener.bind("socket")
        finally:
            os.chdir(current)
        assert (await run("read_file", path="fifo")).text == "fifo is a FIFO, not a file"
        assert (await run("read_file", path="socket")).text == "socket is a socket, not a file"
        assert not (await run("write_file", path="fifo", content="x")).success
        assert (await run("search_files", pattern="x")).success
    finally:
        listener.close()


async def test_B09_devices_are_outside_or_refused(run: Run, workspace: Path) -> None:
    (workspace / "zero").symlink_to("/dev/zero")
    assert "outside the workspace" in (await run("read_file", path="zero")).text
    assert "outside the workspace" in (await run("read_file", path="/dev/zero")).text


async def test_B09_a_huge_file_is_refused_without_reading_it(run: Run, workspace: Path) -> None:
    with (workspace / "huge").open("wb") as file:
        file.truncate(50 << 30)
    result = await run("read_file", path="huge")
    assert not result.success and "too large to read (50.0 GB)" in result.text
    assert not (await run("edit_file", path="huge", old_text="a", new_text="b")).success
    assert (await run("search_files", pattern="x")).success


async def test_a_folder_and_a_file_are_not_taken_for_each_other(run: Run, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    (workspace / "a.txt").write_text("x")
    assert "is a folder" in (await run("read_file", path="sub")).text
    assert "is a folder" in (await run("write_file", path="sub", content="x")).text
    assert "is not a folder" in (await run("read_file", path="a.txt/b")).text
    assert (await run("list_files", path="a.txt")).text == "a.txt"


async def test_no_descriptor_is_left_open(run: Run, workspace: Path) -> None:
    (workspace / "a" / "b").mkdir(parents=True)
    (workspace / "a" / "b" / "c.txt").write_text("x")
    await run("read_file", path="a/b/c.txt")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for path in ("a/b/c.txt", "a/b", "../x", "a/none", "a\0"):
        await run("read_file", path=path)
        await run("write_file", path=path, content="y")
        await run("list_files", path=path)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.slow
async def test_C05_a_thousand_swaps_while_reading_never_show_the_outside(
    run: Run, workspace: Path, secret: Path
) -> None:
    """One thread swaps a file and a folder for links to outside while they are read."""
    (workspace / "inside").mkdir()
    (workspace / "inside" / "secret.txt").write_text("inside")
    (workspace / "folder").symlink_to("inside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for target in (secret.parent, "inside"):
                (workspace / "new").symlink_to(target)
                (workspace / "new").rename(workspace / "folder")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = {(await run("read_file", path="folder/secret.txt")).text for _ in range(300)}
        written = [await run("write_file", path="folder/new.txt", content="x") for _ in range(100)]
    finally:
        stop.set()
        thread.join()
    assert "SECRET" not in " ".join(seen)
    assert written and not (secret.parent / "new.txt").exists()
