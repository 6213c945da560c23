"""``read_file``, ``write_file``, ``edit_file``: what they show, what they write, what they refuse."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tools.base import ToolContext
from tools.builtin.reads import FileReads
from tools.calls import ToolCall, ToolError, ToolResult
from tools.executor import Executor
from tools.settings import ToolSettings

Run = Callable[..., Awaitable[ToolResult]]


def call(name: str, /, **arguments: object) -> ToolCall:
    return ToolCall("call-1", name, arguments)


async def test_a_file_is_shown_as_it_is(run: Run, workspace: Path) -> None:
    (workspace / "a.py").write_text("def f():\n    return 1\n")
    assert (await run("read_file", path="a.py")).text == "def f():\n    return 1\n"


async def test_an_empty_and_a_missing_file_are_said(run: Run, workspace: Path) -> None:
    (workspace / "empty").touch()
    assert (await run("read_file", path="empty")).text == "empty is empty"
    missing = await run("read_file", path="none.txt")
    assert (missing.success, missing.text) == (False, "none.txt does not exist; list_files shows what does")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (2, 3, "[lines 2-3 of 5]\n2\n3\n"),
        (4, None, "[lines 4-5 of 5]\n4\n5\n"),
        (None, 2, "[lines 1-2 of 5]\n1\n2\n"),
        (4, 99, "[lines 4-5 of 5]\n4\n5\n"),
        (1, 5, "1\n2\n3\n4\n5\n"),
    ],
)
async def test_a_range_says_which_lines(
    run: Run, workspace: Path, start: int | None, end: int | None, text: str
) -> None:
    (workspace / "a.txt").write_text("1\n2\n3\n4\n5\n")
    given = {"start_line": start, "end_line": end}
    wanted = {name: value for name, value in given.items() if value is not None}
    assert (await run("read_file", path="a.txt", **wanted)).text == text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"start_line": 0}, "counts from 1"),
        ({"start_line": -3}, "counts from 1"),
        ({"start_line": 3, "end_line": 2}, "must not be before"),
        ({"start_line": 9}, "has only 2 lines"),
        ({"start_line": "1"}, "must be an integer"),
    ],
)
async def test_wrong_ranges_are_refused(
    run: Run, workspace: Path, arguments: dict[str, object], said: str
) -> None:
    (workspace / "a.txt").write_text("1\n2\n")
    result = await run("read_file", path="a.txt", **arguments)
    assert not result.success and said in result.text


async def test_a_long_file_ends_at_a_whole_line_and_says_how_to_go_on(
    context: ToolContext, executor: Executor, workspace: Path
) -> None:
    context.settings = ToolSettings(result_characters=400)
    (workspace / "a.txt").write_text("".join(f"line {number}\n" for number in range(1, 1001)))
    result = await executor.run(call("read_file", path="a.txt"))
    head, *lines = result.text.splitlines()
    assert result.truncated and len(result.text) <= 400
    assert head == f"[lines 1-{len(lines)} of 1000; go on with start_line={len(lines) + 1}]"
    following = await executor.run(call("read_file", path="a.txt", start_line=len(lines) + 1))
    assert f"line {len(lines) + 1}" in following.text


async def test_B05_one_endless_line_is_cut(run: Run, workspace: Path) -> None:
    (workspace / "a.txt").write_text("x" * 3_000_000)
    result = await run("read_file", path="a.txt")
    assert result.truncated and len(result.text) < 9000 and "characters left out" in result.text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfhello\n", "hello\n"),
        ("hällo\n".encode("utf-16"), "[decoded as utf-16-le]\nhällo\n"),
        ("hällo\n".encode("latin-1"), "[decoded as latin-1]\nhällo\n"),
        (b"a\r\nb\r\n", "a\r\nb\r\n"),
    ],
)
async def test_encodings_are_recognised(run: Run, workspace: Path, content: bytes, text: str) -> None:
    (workspace / "a.txt").write_bytes(content)
    assert (await run("read_file", path="a.txt")).text == text


async def test_binary_files_are_not_shown(run: Run, workspace: Path) -> None:
    (workspace / "a.png").write_bytes(b"\x89PNG\0\0\0")
    for name, arguments in (("read_file", {}), ("edit_file", {"old_text": "PNG", "new_text": "GIF"})):
        result = await run(name, path="a.png", **arguments)
        assert not result.success and "is a binary file (7 bytes)" in result.text


async def test_a_new_file_is_created_with_its_folders_and_its_diff(run: Run, workspace: Path) -> None:
    result = await run("write_file", path="a/b/c.txt", content="one\ntwo\n")
    assert (result.success, result.text) == (True, "created")
    assert (workspace / "a/b/c.txt").read_text() == "one\ntwo\n"
    assert result.diff == "--- /dev/null\n+++ b/a/b/c.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n"


async def test_a_file_is_replaced_with_a_diff_and_its_mode_kept(run: Run, workspace: Path) -> None:
    path = workspace / "run.sh"
    path.write_text("old\nsame\n")
    path.chmod(0o750)
    result = await run("write_file", path="run.sh", content="new\nsame\n")
    assert result.text == "changed, +1 -1 lines"
    assert "-old\n+new\n same\n" in result.diff
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


async def test_the_same_content_is_not_written_again(run: Run, workspace: Path) -> None:
    path = workspace / "a.txt"
    path.write_text("same")
    before = path.stat().st_ino
    assert "nothing was written" in (await run("write_file", path="a.txt", content="same")).text
    assert path.stat().st_ino == before


async def test_text_that_cannot_be_encoded_is_refused(run: Run, workspace: Path) -> None:
    result = await run("write_file", path="a.txt", content="\ud800")
    assert not result.success and "cannot write the character \\ud800" in result.text
    (workspace / "latin.txt").write_bytes(b"caf\xe9\n")
    result = await run("edit_file", path="latin.txt", old_text="caf", new_text="漢")
    assert not result.success and (workspace / "latin.txt").read_bytes() == b"caf\xe9\n"


async def diff(executor: Executor, one: ToolCall) -> str:
    """The diff that the user would be shown."""
    preview = await executor.preview(one)
    assert preview is not None
    return preview.diff


async def test_a_preview_shows_the_diff_and_touches_nothing(executor: Executor, workspace: Path) -> None:
    (workspace / "a.txt").write_text("old\n")
    assert "-old\n+new\n" in await diff(executor, call("write_file", path="a.txt", content="new\n"))
    edit = call("edit_file", path="a.txt", old_text="old", new_text="new")
    assert "-old\n+new\n" in await diff(executor, edit)
    assert "+++ b/x/y/z.txt" in await diff(executor, call("write_file", path="x/y/z.txt", content="1\n"))
    assert [one.name for one in workspace.iterdir()] == ["a.txt"]
    assert (workspace / "a.txt").read_text() == "old\n"


async def test_what_the_preview_shows_is_what_is_done(executor: Executor, workspace: Path) -> None:
    (workspace / "a.txt").write_text("a\n  b\nc")
    edit = call("edit_file", path="a.txt", old_text="b", new_text="B\n  b2")
    preview = await diff(executor, edit)
    assert (await executor.run(edit)).diff == preview
    assert "\\ No newline at end of file" in await diff(
        executor, call("write_file", path="a.txt", content="without end")
    )


async def test_a_preview_of_what_cannot_succeed_says_why(executor: Executor, workspace: Path) -> None:
    (workspace / "a.txt").write_text("a\n")
    for one in (
        call("edit_file", path="a.txt", old_text="zzz", new_text="y"),
        call("write_file", path="../a.txt", content="x"),
        call("write_file", path=".git/config", content="x"),
        call("write_file", path="new/../../a", content="x"),
    ):
        with pytest.raises(ToolError):
            await executor.preview(one)


async def test_an_edit_replaces_the_one_place(run: Run, workspace: Path) -> None:
    (workspace / "a.py").write_text("x = 1\ny = 2\n")
    result = await run("edit_file", path="a.py", old_text="y = 2", new_text="y = 3")
    assert result.text == "changed"
    assert (workspace / "a.py").read_text() == "x = 1\ny = 3\n"


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("", "old_text is empty"),
        (" \n ", "old_text is empty"),
        ("x = 1", "2 times (lines 1, 3)"),
        ("while True", "nothing in it is like it"),
        (
            "def compute(a, b):\n    return a",
            "the nearest text is at line 4:\ndef compute(a, c):\n    return a + c",
        ),
    ],
)
async def test_an_edit_that_fits_nowhere_shows_the_nearest_text(
    run: Run, workspace: Path, old: str, said: str
) -> None:
    content = "x = 1\n#\nx = 1\ndef compute(a, c):\n    return a + c\n"
    (workspace / "a.py").write_text(content)
    result = await run("edit_file", path="a.py", old_text=old, new_text="new")
    assert not result.success and said in result.text
    assert (workspace / "a.py").read_text() == content


async def test_an_edit_that_changes_nothing_or_has_no_file_is_refused(run: Run, workspace: Path) -> None:
    (workspace / "a.py").write_text("x\n")
    assert "the same" in (await run("edit_file", path="a.py", old_text="x", new_text="x")).text
    missing = await run("edit_file", path="b.py", old_text="x", new_text="y")
    assert "b.py does not exist; write_file creates it" in missing.text


async def test_an_edit_forgives_whitespace_where_one_place_is_left(run: Run, workspace: Path) -> None:
    (workspace / "a.py").write_text("class A:\n    def f(self):\n        return  1\n\n    def g(self): ...\n")
    old = "def f(self):\n    return 1"
    result = await run("edit_file", path="a.py", old_text=old, new_text="def f(self):\n    return 2")
    assert result.success
    expected = "class A:\n    def f(self):\n        return 2\n\n    def g(self): ...\n"
    assert (workspace / "a.py").read_text() == expected


async def test_an_edit_that_fits_twice_but_for_whitespace_is_refused(run: Run, workspace: Path) -> None:
    content = "  a  b\n    a b\n"
    (workspace / "a.txt").write_text(content)
    result = await run("edit_file", path="a.txt", old_text="\ta b", new_text="c")
    assert not result.success and "2 times but for whitespace (lines 1, 2)" in result.text
    assert (workspace / "a.txt").read_text() == content


async def test_a_loose_edit_can_remove_lines(run: Run, workspace: Path) -> None:
    (workspace / "a.txt").write_text("one\n   two\nthree\n")
    assert (await run("edit_file", path="a.txt", old_text="two \n", new_text="")).success
    assert (workspace / "a.txt").read_text() == "one\nthree\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
async def test_an_edit_keeps_encoding_and_line_ends(run: Run, workspace: Path, encoding: str) -> None:
    path = workspace / "a.txt"
    path.write_bytes("ä one\r\nä two\r\nä three\r\n".encode(encoding))
    old = "one\nä two"
    assert (await run("edit_file", path="a.txt", old_text=old, new_text="1\nä 2")).success
    assert path.read_bytes() == "ä 1\r\nä 2\r\nä three\r\n".encode(encoding)


async def test_C11_a_file_changed_since_it_was_read_is_refused_with_a_diff(
    run: Run, executor: Executor, workspace: Path
) -> None:
    path = workspace / "a.txt"
    path.write_text("one\ntwo\n")
    await run("read_file", path="a.txt")
    path.write_text("one\nTWO by somebody\n")
    for one in (
        call("write_file", path="a.txt", content="mine"),
        call("edit_file", path="a.txt", old_text="one", new_text="1"),
    ):
        result = await executor.run(one)
        assert not result.success and "changed since it was read" in result.text
        assert "-two\n+TWO by somebody" in result.text
        with pytest.raises(ToolError, match="changed since it was read"):
            await executor.preview(one)
    assert path.read_text() == "one\nTWO by somebody\n"
    await run("read_file", path="a.txt")
    assert (await run("write_file", path="a.txt", content="mine")).success


async def test_C11_own_writes_count_as_seen(run: Run, workspace: Path) -> None:
    (workspace / "a.txt").write_text("1\n")
    await run("read_file", path="a.txt")
    assert (await run("edit_file", path="a.txt", old_text="1", new_text="2")).success
    assert (await run("edit_file", path="a.txt", old_text="2", new_text="3")).success
    assert (await run("write_file", path="b.txt", content="x")).success
    (workspace / "b.txt").write_text("y")
    assert not (await run("write_file", path="b.txt", content="z")).success


async def test_C11_a_change_to_a_large_file_is_refused_without_its_diff(run: Run, workspace: Path) -> None:
    path = workspace / "a.txt"
    path.write_text("x\n" * 200_000)
    await run("read_file", path="a.txt")
    path.write_text("y\n" * 200_000)
    result = await run("write_file", path="a.txt", content="z")
    assert not result.success and "changed since it was read" in result.text and "+y" not in result.text


def test_C11_reads_stay_bounded() -> None:
    reads = FileReads()
    for number in range(200):
        reads.saw(Path(f"/{number}"), b"content")
    assert reads.seen(Path("/0")) is None and reads.seen(Path("/199")) == b"content"
    assert reads.changed_since_seen(Path("/0"), b"other") and not reads.changed_since_seen(
        Path("/0"), b"content"
    )
    assert not reads.changed_since_seen(Path("/never"), b"any")


_KILLED = """
import os, signal, sys
from pathlib import Path
from sandbox import renaming
from tools.builtin import atomic
from tools.builtin.paths import located
step = sys.argv[2]
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
with located(Path(sys.argv[1]), "a.txt", writing=True) as place:
    setattr(renaming if step == "_renameat2" else os, step, die)
    atomic.write_bytes(place, b"new", b"old")
"""


@pytest.mark.parametrize(
    ("step", "left"),
    [("fsync", "old"), ("fchmod", "old"), ("_renameat2", "old"), ("unlink", "new")],
)
def test_C12_a_kill_in_the_middle_leaves_the_old_content_or_the_new(
    workspace: Path, step: str, left: str
) -> None:
    (workspace / "a.txt").write_text("old")
    program = subprocess.run([sys.executable, "-c", _KILLED, str(workspace), step], check=False)
    assert program.returncode == -signal.SIGKILL
    assert (workspace / "a.txt").read_text() == left


async def test_C12_a_full_disk_leaves_the_old_content_and_no_litter(run: Run, workspace: Path) -> None:
    import resource

    (workspace / "a.txt").write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        result = await run("write_file", path="a.txt", content="x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (result.success, result.text) == (False, "write_file: File too large")
    assert (workspace / "a.txt").read_text() == "old" and len(os.listdir(workspace)) == 1  # noqa: PTH208
