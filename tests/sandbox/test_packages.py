"""One right command for what is missing, by how the program was installed."""

import json
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from sandbox import packages
from sandbox.packages import install_apart, install_extra, install_packages

PIP = f"{sys.executable} -m pip install"
DECLARED = """\
Metadata-Version: 2.4
Name: apprentice
Version: 1.2.3
Provides-Extra: parquet
Requires-Dist: click>=8
Requires-Dist: pyarrow>=16; extra == "parquet"
"""
Installed = Callable[[object], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Install the program as an installer records it in ``direct_url.json``."""
    info = tmp_path / "site-packages" / "apprentice-1.2.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(DECLARED)
    monkeypatch.setattr(packages, "SOURCES", info.parent)
    distribution = metadata.PathDistribution(info)
    monkeypatch.setattr(metadata, "distribution", lambda name: distribution)

    def record(direct_url: object) -> None:
        if direct_url is not None:
            (info / "direct_url.json").write_text(json.dumps(direct_url))

    return record


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "constraints.txt").touch()
    return folder


def test_a_release_of_an_index_stays_that_release(installed: Installed, tmp_path: Path) -> None:
    installed(None)
    assert install_extra("parquet", tmp_path) == f"{PIP} 'apprentice[parquet]==1.2.3'"
    assert install_apart() == "install it apart: pipx install apprentice==1.2.3"


def test_a_commit_stays_that_commit(installed: Installed, tmp_path: Path) -> None:
    git = {"vcs": "git", "commit_id": "abc"}
    installed({"url": "https://example.org/a.git", "vcs_info": git})
    there = "apprentice[parquet] @ git+https://example.org/a.git@abc"
    assert install_extra("parquet", tmp_path) == f"{PIP} '{there}'"


def test_a_clone_is_installed_from_again(installed: Installed, tmp_path: Path, clone: Path) -> None:
    installed({"url": clone.as_uri(), "dir_info": {}})
    pinned = f"-c '{clone}/constraints.txt'"
    assert install_extra("parquet", tmp_path) == f"{PIP} {pinned} '{clone}[parquet]'"


def test_a_checkout_is_installed_to_be_edited(
    tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "SOURCES", clone)
    assert install_extra("train", tmp_path).endswith(f"-e '{clone}[train]'")
    assert install_apart() == f"install it apart: pipx install '{clone}'"


def test_what_came_from_a_folder_that_is_gone_gets_the_packages(installed: Installed, tmp_path: Path) -> None:
    """The name alone may be somebody else's on the index."""
    installed({"url": (tmp_path / "gone").as_uri(), "dir_info": {}})
    assert install_extra("parquet", tmp_path) == f"{PIP} 'pyarrow>=16'"
    assert "apprentice" not in install_apart()


def test_pipx_keeps_the_extras_that_it_installed(installed: Installed, tmp_path: Path, clone: Path) -> None:
    installed({"url": clone.as_uri(), "dir_info": {}})
    kept = {"main_package": {"package": "apprentice", "package_or_url": f"{clone}[ray, train]"}}
    (tmp_path / "pipx_metadata.json").write_text(json.dumps(kept))
    assert install_extra("parquet", tmp_path) == (
        f"pipx install --force --pip-args '--constraint={clone}/constraints.txt' '{clone}[parquet,ray,train]'"
    )
    assert install_packages("bitsandbytes", prefix=tmp_path) == f"pipx inject {tmp_path.name} bitsandbytes"
    anew = install_packages("a==1", prefix=tmp_path, anew=True)
    assert anew == f"pipx runpip {tmp_path.name} install --force-reinstall --no-cache-dir a==1"


def test_uv_tool_keeps_the_extras_that_it_installed(installed: Installed, tmp_path: Path) -> None:
    installed(None)
    (tmp_path / "uv-receipt.toml").write_text(
        '[tool]\nrequirements = [{name = "apprentice", extras = ["train"]}, {name = "other"}]\n'
    )
    assert install_extra("ray", tmp_path) == "uv tool install --force 'apprentice[ray,train]==1.2.3'"


def test_an_environment_of_uv_has_no_pip(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(None)
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    uv = f"uv pip install --python {sys.executable}"
    assert install_extra("ray", tmp_path) == f"{uv} 'apprentice[ray]==1.2.3'"
    assert install_packages("a", prefix=tmp_path, anew=True) == f"{uv} --reinstall --no-cache a"


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"main_package": 3}'])
def test_damaged_records_of_pipx_are_no_obstacle(installed: Installed, tmp_path: Path, damaged: str) -> None:
    installed(None)
    (tmp_path / "pipx_metadata.json").write_text(damaged)
    assert install_extra("ray", tmp_path) == "pipx install --force 'apprentice[ray]==1.2.3'"
