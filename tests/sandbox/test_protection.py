"""Protection: what is bound, what stands in for what is missing, what is set aside."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.base import Mount, SandboxError
from sandbox.protection import Protection


def bound(root: Path, protection: Protection) -> dict[str, str]:
    """Relative path to ``w`` or ``r``."""
    return {str(bind.path.relative_to(root)): "w" if bind.writable else "r" for bind in protection.prepare()}


def test_repository_has_hooks_and_config_read_only_and_the_way_pinned(workspace: Path) -> None:
    found = bound(workspace, Protection(Mount(workspace)))
    assert found == {".git": "w", ".git/hooks": "r", ".git/config": "r", ".apprentice": "r"}


def test_parents_come_before_children(workspace: Path) -> None:
    paths = [bind.path for bind in Protection(Mount(workspace)).prepare()]
    assert paths == sorted(paths)
    assert paths.index(workspace / ".git") < paths.index(workspace / ".git/hooks")


def test_A09_missing_paths_get_placeholders_that_go_again(plain_folder: Path) -> None:
    protection = Protection(Mount(plain_folder))
    assert bound(plain_folder, protection) == {".git": "r", ".apprentice": "r"}
    assert (plain_folder / ".git").is_dir() and not any((plain_folder / ".git").iterdir())
    assert protection.release() == []
    assert list(plain_folder.iterdir()) == []


def test_placeholder_that_somebody_filled_stays(plain_folder: Path) -> None:
    protection = Protection(Mount(plain_folder))
    protection.prepare()
    (plain_folder / ".apprentice/settings.toml").write_text("x = 1")
    protection.release()
    assert (plain_folder / ".apprentice/settings.toml").read_text() == "x = 1"


def test_placeholder_of_a_missing_config_is_an_empty_file(workspace: Path) -> None:
    (workspace / ".git/config").unlink()
    protection = Protection(Mount(workspace))
    protection.prepare()
    assert (workspace / ".git/config").read_bytes() == b""
    protection.release()
    assert not (workspace / ".git/config").exists()


def test_A08_worktree_git_file_is_read_only(plain_folder: Path) -> None:
    (plain_folder / ".git").write_text("gitdir: /elsewhere/.git/worktrees/x\n")
    assert bound(plain_folder, Protection(Mount(plain_folder)))[".git"] == "r"


def test_A08_nested_repository_is_protected(workspace: Path) -> None:
    subprocess.run(["git", "init", "-q", str(workspace / "a/b")], check=True)
    found = bound(workspace, Protection(Mount(workspace)))
    assert found["a/b/.git"] == "w"
    assert found["a/b/.git/hooks"] == found["a/b/.git/config"] == "r"
    assert "a" not in found


def test_A08_git_folders_of_submodules_are_protected(workspace: Path) -> None:
    module = workspace / ".git/modules/lib/x"
    subprocess.run(["git", "init", "-q", "--bare", str(module)], check=True)
    found = bound(workspace, Protection(Mount(workspace)))
    assert found[".git/modules/lib/x/hooks"] == found[".git/modules/lib/x/config"] == "r"
    assert found[".git/modules"] == found[".git/modules/lib"] == "w"


def test_nested_settings_of_the_assistant_are_protected(workspace: Path) -> None:
    (workspace / "sub/.apprentice").mkdir(parents=True)
    assert bound(workspace, Protection(Mount(workspace)))["sub/.apprentice"] == "r"


@pytest.mark.parametrize("link", [".git", ".git/hooks", "sub/.git/config", ".apprentice"])
def test_A10_link_in_place_of_a_protected_path_is_refused(plain_folder: Path, link: str) -> None:
    path = plain_folder / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(plain_folder)
    with pytest.raises(SandboxError, match="symbolic link") as caught:
        Protection(Mount(plain_folder)).prepare()
    assert "replace the link" in str(caught.value)


def test_refusal_leaves_no_placeholder(plain_folder: Path) -> None:
    (plain_folder / ".apprentice").symlink_to("/nowhere")
    with pytest.raises(SandboxError):
        Protection(Mount(plain_folder)).prepare()
    assert [path.name for path in plain_folder.iterdir()] == [".apprentice"]


def test_new_repository_is_set_aside_and_said(workspace: Path) -> None:
    protection = Protection(Mount(workspace))
    protection.prepare()
    subprocess.run(["git", "init", "-q", str(workspace / "sub")], check=True)
    (line,) = protection.release()
    assert "sub/.git" in line and ".git.set-aside-1" in line
    assert not (workspace / "sub/.git").exists()
    assert (workspace / "sub/.git.set-aside-1/HEAD").exists()


def test_set_aside_never_overwrites(workspace: Path) -> None:
    (workspace / "sub/.git.set-aside-1").mkdir(parents=True)
    protection = Protection(Mount(workspace))
    protection.prepare()
    (workspace / "sub/.git").write_text("gitdir: ../evil")
    protection.release()
    assert (workspace / "sub/.git.set-aside-2").read_text() == "gitdir: ../evil"


def test_new_link_is_set_aside_and_not_followed(workspace: Path, tmp_path: Path) -> None:
    protection = Protection(Mount(workspace))
    protection.prepare()
    (tmp_path / "target").mkdir()
    (workspace / "sub").mkdir()
    (workspace / "sub/.git").symlink_to(tmp_path / "target")
    protection.release()
    assert (tmp_path / "target").is_dir()
    assert (workspace / "sub/.git.set-aside-1").is_symlink()


def test_common_directory_that_appears_in_git_is_set_aside(workspace: Path) -> None:
    protection = Protection(Mount(workspace))
    protection.prepare()
    (workspace / ".git/commondir").write_text("../evil")
    assert len(protection.release()) == 1
    assert not (workspace / ".git/commondir").exists()


def test_repository_that_was_there_and_moved_stays(workspace: Path) -> None:
    subprocess.run(["git", "init", "-q", str(workspace / "old")], check=True)
    protection = Protection(Mount(workspace))
    protection.prepare()
    (workspace / "old").rename(workspace / "new")
    assert protection.release() == []
    assert (workspace / "new/.git/HEAD").exists()


def test_nothing_is_set_aside_without_a_prepare_before(workspace: Path) -> None:
    protection = Protection(Mount(workspace))
    assert protection.release() == []
    protection.prepare()
    protection.release()
    subprocess.run(["git", "init", "-q", str(workspace / "by_the_person")], check=True)
    assert protection.release() == []
    assert (workspace / "by_the_person/.git").is_dir()


def test_binds_differ_after_a_protected_file_was_replaced(workspace: Path) -> None:
    protection = Protection(Mount(workspace))
    before = protection.prepare()
    assert protection.prepare() == before
    fresh = workspace / ".git/config.new"
    fresh.write_text("[core]\n")
    fresh.rename(workspace / ".git/config")
    assert protection.prepare() != before


def test_other_protected_paths_are_protected_at_the_root_only(plain_folder: Path) -> None:
    (plain_folder / "sub/ci").mkdir(parents=True)
    (plain_folder / "ci").mkdir()
    found = bound(plain_folder, Protection(Mount(plain_folder, protected=("ci/deploy",))))
    assert found == {"ci": "w", "ci/deploy": "r"}


def test_file_on_the_way_is_bound_itself(plain_folder: Path) -> None:
    (plain_folder / "ci").write_text("a file")
    assert bound(plain_folder, Protection(Mount(plain_folder, protected=("ci/deploy",)))) == {"ci": "r"}


def test_placeholders_stay_placeholders_when_asked_again(plain_folder: Path) -> None:
    protection = Protection(Mount(plain_folder))
    before = protection.prepare()
    assert protection.prepare() == before
    protection.release()
    assert list(plain_folder.iterdir()) == []


def test_placeholder_that_became_a_repository_is_protected_as_one(plain_folder: Path) -> None:
    protection = Protection(Mount(plain_folder))
    protection.prepare()
    subprocess.run(["git", "init", "-q", str(plain_folder)], check=True)
    assert bound(plain_folder, protection)[".git/config"] == "r"
    protection.release()
    assert (plain_folder / ".git/HEAD").exists()


def test_calls_at_the_same_time_share_their_placeholders(plain_folder: Path) -> None:
    """As a doctor does that runs beside a chat in the same folder."""
    first, second = Protection(Mount(plain_folder)), Protection(Mount(plain_folder))
    assert bound(plain_folder, first) == bound(plain_folder, second) == {".git": "r", ".apprentice": "r"}
    assert first.release() == []
    assert {path.name for path in plain_folder.iterdir()} == {".git", ".apprentice"}
    first.prepare()
    assert second.release() == []
    assert {path.name for path in plain_folder.iterdir()} == {".git", ".apprentice"}
    assert first.release() == []
    assert list(plain_folder.iterdir()) == []


def test_placeholders_in_a_repository_are_shared_too(workspace: Path) -> None:
    (workspace / ".git/config").unlink()
    first, second = Protection(Mount(workspace)), Protection(Mount(workspace))
    first.prepare()
    second.prepare()
    first.release()
    assert (workspace / ".git/config").exists()
    second.release()
    assert not (workspace / ".git/config").exists()


def test_many_calls_at_once_leave_nothing_and_set_nothing_aside(plain_folder: Path) -> None:
    def call(_: int) -> list[str]:
        protection = Protection(Mount(plain_folder))
        said = []
        for _ in range(20):
            protection.prepare()
            said += protection.release()
        return said

    with ThreadPoolExecutor(4) as pool:
        assert not any(pool.map(call, range(4)))
    assert list(plain_folder.iterdir()) == []
