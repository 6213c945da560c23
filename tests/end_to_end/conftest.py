"""A project under git, and the engines that this machine has."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.program import git
from tests.sandbox.conftest import BACK_ENDS, docker_engine

__all__ = ["docker_engine"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small repository with one commit."""
    root = (tmp_path / "project").resolve()
    root.mkdir()
    (root / "README.md").write_text("# Demo\n\nA project about boats.\n")
    (root / "boats.py").write_text("def sails():\n    return 2\n")
    (root / "tests").mkdir()
    (root / "tests/__init__.py").write_text("")
    (root / "tests/test_boats.py").write_text(
        "import unittest\n\nfrom boats import sails\n\n\n"
        "class SailsTest(unittest.TestCase):\n"
        "    def test_two(self):\n"
        "        self.assertEqual(sails(), 2)\n"
    )
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


@pytest.fixture(autouse=True)
def engine_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program takes every variable that starts with its name for a setting."""
    if host := os.environ.get("APPRENTICE_TEST_DOCKER"):
        monkeypatch.setenv("DOCKER_HOST", host)
        monkeypatch.delenv("APPRENTICE_TEST_DOCKER")


@pytest.fixture(params=BACK_ENDS)
def engine(request: pytest.FixtureRequest) -> str:
    """Each sandbox engine in turn, as the setting names it."""
    name = str(request.param)
    if name == "docker":
        request.getfixturevalue("docker_engine")
    return name
