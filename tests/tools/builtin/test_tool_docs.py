"""``search_docs``: installed packages and the workspace's pages, without running any of them."""

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tools.builtin.pydocs import Library
from tools.calls import ToolResult

Run = Callable[..., Awaitable[ToolResult]]


async def looked_up(run: Run, query: str) -> list[str]:
    """The entries of the result, the best first."""
    return (await run("search_docs", query=query)).text.split("\n\n")


async def test_a_function_comes_with_signature_and_first_paragraph(run: Run) -> None:
    first = (await looked_up(run, "json.dumps indent"))[0]
    assert first.startswith("json.dumps(obj, *, skipkeys=False,") and "indent=None" in first
    assert "Serialize ``obj`` to a JSON formatted ``str``." in first
    assert "If ``indent`` is a non-negative integer" in first


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("pathlib Path glob", "pathlib.Path.glob(self, pattern)"),
        ("asyncio.gather", "asyncio.gather(*coros_or_futures, return_exceptions=False)"),
        ("how do I use shutil.copytree", "shutil.copytree(src, dst,"),
        ("httpx.AsyncClient", "class httpx.AsyncClient("),
        ("str.split", "str.split(self, /, sep=None, maxsplit=-1)"),
        ("itertools.chain", "itertools.chain"),
        ("copytree", "shutil.copytree("),
    ],
)
async def test_names_are_found(run: Run, query: str, start: str) -> None:
    """One look is bounded in time and the next one goes on from it, so a slow machine looks again."""
    for _ in range(8):
        found = await looked_up(run, query)
        if found[0].startswith(start):
            return
    raise AssertionError(found[0])


@pytest.mark.parametrize(
    "name",
    [
        "os.path.join",
        "os.getcwd",
        "math.sqrt",
        "collections.abc.Mapping",
        "random.choice",
        "sqlite3.connect",
        "concurrent.futures.ThreadPoolExecutor",
        "os.environ",
    ],
)
def test_names_that_the_standard_library_takes_from_elsewhere_are_found(workspace: Path, name: str) -> None:
    assert name in {topic.name for topic in Library.of(workspace).named([name], time.monotonic() + 60)}


async def test_os_path_is_looked_up(run: Run) -> None:
    first = (await looked_up(run, "os.path.join"))[0]
    assert first.startswith("os.path.join(a, *p)\nJoin two or more pathname components")


def test_modules_that_act_when_imported_are_not_imported(workspace: Path) -> None:
    """As are the programs behind ``__main__``, and packages that are not the standard library's."""
    (workspace / "sitecustomize.py").write_text("raise SystemExit")
    for name in ("antigravity", "this", "unittest.__main__", "idlelib.run"):
        Library.of(workspace).named([name], time.monotonic() + 60)
        assert name not in sys.modules


@pytest.mark.slow
async def test_words_find_functions_of_the_standard_library(run: Run) -> None:
    for _ in range(8):
        found = await looked_up(run, "recursively delete a directory tree rmtree")
        if any(entry.startswith("shutil.rmtree(") for entry in found):
            return
    raise AssertionError(found)


@pytest.mark.slow
async def test_nothing_found_is_said(run: Run) -> None:
    result = await run("search_docs", query="qwertzuiop asdfghjkl")
    assert result.success and result.text == "nothing found for qwertzuiop asdfghjkl"


@pytest.mark.parametrize("query", ["", "  ", "???", "\0"])
async def test_a_query_without_words_is_refused(run: Run, query: str) -> None:
    result = await run("search_docs", query=query)
    assert not result.success and "no word" in result.text


@pytest.mark.slow
async def test_a_query_of_only_common_words_is_still_looked_up(run: Run) -> None:
    assert (await run("search_docs", query="how to use")).success


@pytest.mark.slow
async def test_pages_of_the_workspace_are_found_by_section(run: Run, workspace: Path) -> None:
    (workspace / "docs").mkdir()
    (workspace / "docs" / "guide.md").write_text(
        "# Guide\nhello\n\n## Frobnicating widgets\nCall `frob()` twice.\n\n## Other\nnothing\n"
    )
    (workspace / "usage.rst").write_text(
        "Usage\n=====\n\nintro\n\nWidget frobnicator\n------------------\nread me\n"
    )
    found = await looked_up(run, "frobnicating widgets")
    assert found[0] == "docs/guide.md: Frobnicating widgets\nCall `frob()` twice."
    assert "usage.rst: Widget frobnicator\nread me" in await looked_up(run, "widget frobnicator")


@pytest.mark.slow
async def test_ignored_and_outside_pages_are_not_read(run: Run, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# frobnicate\nSECRET\n")
    (workspace / "link.md").symlink_to(tmp_path / "secret.md")
    (workspace / "hidden.md").write_text("# frobnicate\nHIDDEN\n")
    (workspace / ".gitignore").write_text("hidden.md\n")
    assert (await run("search_docs", query="frobnicate")).text == "nothing found for frobnicate"


@pytest.fixture
def package(workspace: Path) -> Path:
    """A package in the workspace's own environment that leaves a mark where it is run."""
    folder = workspace / ".venv" / "lib" / "python3.11" / "site-packages" / "gadget"
    folder.mkdir(parents=True)
    mark = f"open({str(workspace / 'ran')!r}, 'w')\n"
    (folder / "__init__.py").write_text(
        mark
        + '"""Gadgets."""\nfrom ._inner import spin as turn, Wheel\nfrom .more import *\nfrom . import more\n'
        + "try:\n    def start(speed: int = 3) -> bool:\n        'Start the gadget.'\nfinally: pass\n"
    )
    (folder / "_inner.py").write_text(
        mark + "def spin(times, *, fast=False):\n    '''Spin it.\n\n    Use fast with care.'''\n"
        "class Wheel:\n    'A wheel.'\n    def __init__(self, size=1): ...\n"
        "    async def roll(self): 'Roll on.'\n"
    )
    (folder / "more.py").write_text("def halt(): 'Halt it.'\ndef _private(): 'Not shown.'\n")
    (folder / "broken.py").write_text("def (:\n")
    return workspace


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("gadget.start", "gadget.start(speed: int=3) -> bool\nStart the gadget."),
        ("gadget.turn fast", "gadget.turn(times, *, fast=False)\nSpin it.\nUse fast with care."),
        ("gadget.halt", "gadget.halt()\nHalt it."),
        ("gadget.Wheel", "class gadget.Wheel(size=1)\nA wheel."),
        ("gadget Wheel roll", "async gadget.Wheel.roll(self)\nRoll on."),
    ],
)
async def test_the_environment_of_the_workspace_is_read_and_not_run(
    run: Run, package: Path, query: str, entry: str
) -> None:
    assert (await looked_up(run, query))[0] == entry
    assert not (package / "ran").exists() and "gadget" not in sys.modules


async def test_a_changed_source_is_read_again(run: Run, package: Path) -> None:
    assert (await looked_up(run, "gadget.halt"))[0].startswith("gadget.halt()")
    more = next(package.glob(".venv/lib/*/site-packages/gadget/more.py"))
    more.write_text("def halt(now=True): 'Halt at once.'\n")
    assert (await looked_up(run, "gadget.halt"))[0] == "gadget.halt(now=True)\nHalt at once."


@pytest.mark.slow
async def test_broken_sources_are_passed_over(run: Run, package: Path) -> None:
    assert (await run("search_docs", query="gadget.broken")).success


def test_a_workspace_module_with_the_name_of_a_standard_one_is_not_taken(workspace: Path) -> None:
    (workspace / "json.py").write_text("raise SystemExit\ndef dumps(): 'Mine.'\n")
    topics = Library.of(workspace).named(["json.dumps"], deadline=float("inf"))
    assert {topic.doc for topic in topics if topic.name == "json.dumps"} != {"Mine."}


def test_an_environment_that_is_a_link_is_not_read(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "env" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (workspace / ".venv").symlink_to(tmp_path / "env")
    assert not any("env" in folder.parts for folder in Library.of(workspace).folders)


def test_the_time_is_bounded(workspace: Path) -> None:
    assert len(Library.of(workspace).standard(deadline=0)) < 2000
