"""The folder in which calls of examples are executed, over a real sandbox."""

from pathlib import Path

import pytest

from tools.calls import ToolCall
from training.generation.workshop import Workshop
from training.generation.worlds import World, make_world

pytestmark = pytest.mark.bubblewrap
SPOIL = """
rm -rf README.md tests
echo spoilt > spoilt.txt; mkdir more
git checkout -q -b more; git tag more; git add .
"""
GIT = "git branch --list; git tag; git diff --cached --name-only; git log --format=%s"


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in found}


def as_it_stands(world: World) -> dict[str, str]:
    return {path: world.now(path) for path in world.files}


async def test_what_an_example_did_is_undone_before_the_next_one() -> None:
    world = next(made for made in map(make_world, range(20)) if made.changed)
    async with Workshop() as workshop:
        project = workshop._context.workspace
        for _ in range(2):
            await workshop.open(world)
            assert files(project) == as_it_stands(world)
            state = (await workshop.run([ToolCall("c0", "run_shell", {"command": GIT})]))[0].text
            assert state == "exit code 0\n* main\nfirst version"
            difference = (await workshop.run([ToolCall("c1", "git_diff", {})]))[0].text
            assert all(f"+++ b/{path}" in difference for path in world.changed)
            await workshop.put({"tests/of_this_example.py": "fine = True\n"})
            spoilt = await workshop.run([ToolCall("c2", "run_shell", {"command": SPOIL})])
            assert spoilt[0].success and "spoilt.txt" in files(project)


async def test_a_repository_is_laid_out_once_for_all_that_only_read_it() -> None:
    async with Workshop() as workshop:
        await workshop.open(make_world(4))
        readme = workshop._context.workspace / "README.md"
        before = readme.stat().st_ino
        assert (await workshop.run([ToolCall("c0", "read_file", {"path": "README.md"})]))[0].success
        await workshop.open(make_world(4))
        assert readme.stat().st_ino == before
