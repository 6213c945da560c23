"""Both limits and protection hold for an ordinary user too, where the suite itself runs as root."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox

USER = 12345
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from sandbox.base import Limits, Mount
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.canary import prove
async def main():
    root = Path(sys.argv[1])
    made = BubblewrapSandbox(Mount(root))
    await made.start()
    checks = await prove(made, root)
    who = await made.run(["id", "-u"])
    bomb = await made.run(
        ["python3", "-c", "import os\\nwhile True: os.fork()"], limits=Limits(processes=24, wall_s=10)
    )
    await made.close()
    rows = [[check.name, check.ok, check.detail] for check in checks]
    print(json.dumps([rows, who.output.strip(), "Errno 11" in bomb.output]))
asyncio.run(main())
"""


@pytest.fixture
def stage() -> Iterator[Path]:
    """A folder that an ordinary user can reach, with the package and a project in it."""
    with tempfile.TemporaryDirectory(prefix="ordinary-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        shutil.copytree(Path(sandbox.__file__).parent, folder / "lib/sandbox")
        (folder / "project").mkdir()
        os.chown(folder / "project", USER, USER)
        yield folder


@pytest.mark.bubblewrap
def test_ordinary_user_gets_a_proven_sandbox(stage: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the suite runs as an ordinary user already")
    python = shutil.which("python3", path="/usr/bin")
    if python is None:
        pytest.skip("no python3 in /usr/bin that an ordinary user could run")
    done = subprocess.run(
        [python, "-c", PROGRAM, str(stage / "project")],
        user=USER,
        group=USER,
        extra_groups=[],
        env={"PYTHONPATH": str(stage / "lib"), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        cwd=stage,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    checks, who, refused = json.loads(done.stdout.splitlines()[-1])
    assert [check for check in checks if not check[1]] == []
    assert who == str(USER)
    assert refused
