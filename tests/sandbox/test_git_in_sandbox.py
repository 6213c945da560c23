"""Git works in the sandbox, without hooks, and the repository's settings stay as they are (A8)."""

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.base import Mount
from sandbox.git_identity import git_identity
from sandbox.launch import environment

PROGRAMS = (
    ("core.fsmonitor", "touch ran; echo"),
    ("gpg.program", "touch ran; false"),
    ("core.editor", "touch ran; true"),
    ("sequence.editor", "touch ran; true"),
    ("core.pager", "touch ran; cat"),
)
EVERYDAY = """
set -e
echo two > main.py; git add main.py; git commit -q -m two
git branch feature; git switch -q feature
echo three > new; git add new; git commit -q -m three
echo four > main.py; git stash -q; git stash pop -q; git commit -q -a -m four
git switch -q main; echo x > other; git add other; git commit -q -m other
git merge -q --no-edit feature; git tag v1; git tag -a v2 -m two
git rebase -q feature; git revert --no-edit HEAD >/dev/null; git cherry-pick -n v1^ || git cherry-pick --abort
git commit -q --amend --allow-empty; git log --oneline | wc -l
"""
CHANGES = (
    "git config user.name evil",
    "git config core.hooksPath .",
    "git config alias.status '!touch ran'",
    "git config include.path ../evil",
    "git config --worktree core.editor evil",
    "git branch -u main feature",
    "git remote add evil https://evil.example",
    "git submodule init",
    "echo '[core] pager = evil' >> .git/config",
    "mv .git/config .git/other",
    "cp main.py .git/hooks/post-checkout",
    "GIT_CONFIG=.git/config git config core.editor evil",
)


def host_git(workspace: Path, *arguments: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", "-C", workspace, *arguments], check=True, capture_output=True, text=True, env=quiet
    )
    return done.stdout


@pytest.fixture
def repository(workspace: Path) -> Path:
    """One commit on ``main``, hooks that leave a trace, and settings that name programs."""
    host_git(workspace, "symbolic-ref", "HEAD", "refs/heads/main")
    host_git(workspace, "config", "user.name", "Ann Example")
    host_git(workspace, "config", "user.email", "ann@example.org")
    host_git(workspace, "add", "main.py")
    host_git(workspace, "commit", "-q", "-m", "one")
    for name in ("pre-commit", "post-commit", "post-checkout", "post-merge", "prepare-commit-msg"):
        hook = workspace / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\ntouch ran\n")
        hook.chmod(0o755)
    for key, program in PROGRAMS:
        host_git(workspace, "config", key, program)
    host_git(workspace, "config", "commit.gpgSign", "true")
    host_git(workspace, "config", "tag.gpgSign", "true")
    return workspace


async def test_A08_everyday_git_works_and_runs_nothing_of_the_repositorys(repository: Path, shell) -> None:
    before = (repository / ".git" / "config").read_bytes()
    done = await shell(EVERYDAY)
    assert done.exit_code == 0, done.output
    assert not (repository / "ran").exists()
    assert (repository / ".git" / "config").read_bytes() == before
    assert "refs/tags/v2" in host_git(repository, "for-each-ref")


async def test_A08_no_command_changes_settings_or_hooks(repository: Path, shell) -> None:
    settings = repository / ".git" / "config"
    hooks = repository / ".git" / "hooks"
    before = settings.read_bytes(), sorted((one.name, one.read_bytes()) for one in hooks.iterdir())
    done = await shell("\n".join(CHANGES))
    assert (settings.read_bytes(), sorted((one.name, one.read_bytes()) for one in hooks.iterdir())) == before
    assert not (repository / ".git" / "config.worktree").exists(), done.output


@pytest.mark.bubblewrap
async def test_the_person_commits_where_only_their_own_settings_name_them(
    workspace: Path, tmp_path: Path, make_sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own-settings"
    own.write_text("[user]\n\tname = Ann Example\n\temail = ann@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    sandbox = make_sandbox("bubblewrap", Mount(workspace, environment=git_identity(workspace)))
    await sandbox.start()
    done = await sandbox.run(["sh", "-c", "git add main.py && git commit -q -m one"])
    await sandbox.close()
    assert done.exit_code == 0, done.output
    assert host_git(workspace, "log", "--format=%an %ae %cn") == "Ann Example ann@example.org Ann Example\n"


def test_the_repositorys_own_name_wins_and_nothing_else_is_told(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own-settings"
    own.write_text("[user]\n\tname = Ann\n\temail = ann@home\n\tsigningKey = secret\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    host_git(workspace, "config", "user.email", "ann@work")
    assert git_identity(workspace) == {
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@work",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@work",
    }


def test_D07_a_git_in_the_workspace_is_not_asked_who_commits(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "git").write_text("#!/bin/sh\ntouch ran\n")
    (workspace / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(workspace))
    assert git_identity(workspace) == {}
    assert not (workspace / "ran").exists()


def test_settings_of_git_are_numbered_without_gaps(tmp_path: Path) -> None:
    made = environment(Mount(tmp_path))
    count = int(made["GIT_CONFIG_COUNT"])
    pairs = {made[f"GIT_CONFIG_KEY_{n}"]: made[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}
    assert pairs["core.hooksPath"] == "/dev/null" and pairs["safe.directory"] == "*"
