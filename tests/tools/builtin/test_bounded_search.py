"""The search in a process of its own: hostile patterns are refused or killed, and never compiled here."""

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.programs import find_program
from tools.base import ToolContext
from tools.builtin import bounded_search
from tools.builtin.bounded_search import MEMORY_BYTES, search_in_process
from tools.builtin.paths import located
from tools.builtin.search import search
from tools.builtin.searching import Query
from tools.builtin.tree import Ignores
from tools.calls import ToolError


@contextmanager
def querying(workspace: Path, pattern: str, stop: threading.Event | None = None) -> Iterator[Query]:
    with located(workspace, ".") as place:
        yield Query.of(pattern, place, Ignores(workspace), stop or threading.Event())


def instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in the place of the engine."""
    monkeypatch.setattr(bounded_search, "_ARGUMENTS", ("-I", "-c", program))


@pytest.mark.parametrize("engine", [None, "rg"])
@pytest.mark.parametrize("pattern", ["a{99999999}", "(a{9999}){9999}", "(?x)(a{999}) {999}", "(" * 500])
async def test_B10_a_costly_pattern_is_refused_with_one_line(
    context: ToolContext, workspace: Path, engine: str | None, pattern: str
) -> None:
    (workspace / "a.txt").write_text("aaa\n")
    program = find_program("rg", workspace).path if engine else None
    with pytest.raises(ToolError) as refused:
        await search(context, pattern, ".", program)
    said = str(refused.value)
    assert said.endswith("; give a simpler one") and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?i)" + "ſ" * 3000, "has at most 1,000 characters; give a simpler one"),
        ("(?<=a)" + "x" * 4000, "has at most 1,000 characters; give a simpler one"),
        ("(?i)(?:" + "ab" * 2000 + "|c)", "has at most 1,000 characters; give a simpler one"),
        ("(?#" + "x" * 9000, ""),
        ("\\" * 5001, ""),
        ("x" * 5000, ""),
    ],
    ids=lambda one: one[:12],
)
async def test_B10_a_long_literal_costs_no_time(
    context: ToolContext, workspace: Path, pattern: str, said: str
) -> None:
    """What ``regex`` prepares for one grows with the square of its length, and no time limit holds there."""
    (workspace / "a.txt").write_text(("sx\\" * 3000 + "\n") * 3)
    if said:
        with pytest.raises(ToolError, match=said):
            await search(context, pattern, ".", None)
    else:
        assert (await search(context, pattern, ".", None)).text.startswith("no match for ")


@pytest.mark.slow
async def test_B10_nothing_is_compiled_in_this_process(
    context: ToolContext, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a pattern was compiled here")

    monkeypatch.setattr("regex.compile", never)
    (workspace / "a.txt").write_text("max_retries\n(foo\n")
    for pattern, line in ((r"(?<=max_)retries", 1), ("(foo", 2), (r"MAX_RETRIES(?!\d)", 1)):
        assert (await search(context, pattern, ".", None)).text.startswith(f"a.txt:{line}: ")


async def test_B10_backtracking_without_end_is_left_to_re2(context: ToolContext, workspace: Path) -> None:
    (workspace / "a.txt").write_text("a" * 5000 + "!\n")
    found = await search(context, "^(a|a)*$|(a+)+!", ".", None)
    assert found.text.startswith("a.txt:1: aaa")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("whole = bytearray(2 << 30)", "the search failed: it took too much memory or time"),
        ("import os; os.abort()", "the search was killed: it took too much memory or time"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "the search was killed"),
        ("print('{')", "the search failed"),
    ],
)
def test_B10_an_engine_that_ends_otherwise_is_one_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    instead(monkeypatch, program)
    with querying(workspace, "a") as query, pytest.raises(ToolError) as refused:
        search_in_process(query)
    assert said in str(refused.value) and len(str(refused.value).splitlines()) == 1


def test_B10_the_engine_has_limits(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(
        monkeypatch,
        "import json, os, resource, sys; sys.stdin.read()\n"
        "limits = [resource.getrlimit(one) for one in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]\n"
        "print(json.dumps({'notes': [limits, sorted(os.environ), os.getcwd()], 'matches': [], 'cut': False,"
        " 'literal': False}))",
    )
    with querying(workspace, "a") as query:
        search_in_process(query)
    limits, environment, folder = query.notes
    assert limits == [[MEMORY_BYTES] * 2, [35, 35]]
    assert {*environment} <= {"LC_ALL", "PATH", "LC_CTYPE"} and folder == "/"
    assert resource.getrlimit(resource.RLIMIT_AS) != (MEMORY_BYTES, MEMORY_BYTES)


def test_B11_an_engine_that_does_not_end_is_killed_when_the_search_is_given_up(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    endless = "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    instead(monkeypatch, endless + f"open({str(ready)!r}, 'w').write(str(os.getpid()))\nwhile True: pass")
    stop = threading.Event()
    ended: list[str] = []

    def searching() -> None:
        with querying(workspace, "a", stop) as query:
            try:
                search_in_process(query)
            except ToolError as error:
                ended.append(str(error))

    thread = threading.Thread(target=searching)
    thread.start()
    pid = ready.read_text()
    stop.set()
    thread.join()
    assert not Path(f"/proc/{pid}").exists() and "the search was stopped" in ended[0]


def test_B10_an_engine_past_its_deadline_is_killed(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch, "while True: pass")
    with querying(workspace, "a") as query:
        query.deadline = time.monotonic()
        with pytest.raises(ToolError, match="the search was stopped after 30 s"):
            search_in_process(query)


def test_F05_a_module_of_the_workspace_is_not_taken(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("regex.py", "json.py", "re2.py", "sitecustomize.py"):
        (workspace / name).write_text(f"open({str(workspace / 'ran')!r}, 'w')\nneedle = 1\n")
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PYTHONPATH", str(workspace))
    with querying(workspace, "^needle") as query:
        assert len(search_in_process(query).matches) == 4
    assert not (workspace / "ran").exists()


def test_C08_names_that_are_no_utf8_come_through(workspace: Path) -> None:
    (workspace / os.fsdecode(b"~a\xff.txt")).write_text("here\n")
    (workspace / "~b").mkdir()
    (workspace / "~b" / "c.txt").write_text("here\n")
    with querying(workspace, "here") as query:
        names = [name for name, _, _ in search_in_process(query).matches]
    assert names == [os.fsdecode(b"~a\xff.txt"), "~b/c.txt"]
    with located(workspace, "./~b") as place:
        inner = Query.of("here", place, Ignores(workspace, place.parts), threading.Event())
        assert len(search_in_process(inner).matches) == 1
