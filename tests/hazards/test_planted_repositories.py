"""Repositories whose own settings, attributes and hooks run programs: reading them runs none.

Each plant is first shown to be alive: plain git runs it. Then the workspace is read by every part that reads
it unasked, and no witness appears.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.base import Mount
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.git_identity import git_identity
from sandbox.snapshots import SnapshotSettings, SnapshotStore
from tests.tools.conftest import PlainSandbox
from tools.base import ToolContext
from tools.calls import ToolCall, ToolResult
from tools.executor import Executor
from tools.registry import builtin_registry
from training.finetune.provenance import commit_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


class Repository:
    """One commit of ``a.txt`` and ``b.py``, changed since; ``touch`` and ``helper`` leave the witness."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.witness = root.parent / "witness"
        self.touch = f"touch {self.witness};"
        self.helper = root.parent / "helper"
        self.helper.write_text(f"#!/bin/sh\n{self.touch}\nfalse\n")
        self.helper.chmod(0o755)
        root.mkdir()
        self.git("init", "-q", "-b", "main")
        for name in ("a.txt", "b.py"):
            (root / name).write_text("one\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "one")
        for name in ("a.txt", "b.py"):
            (root / name).write_text("one\ntwo\n")

    def git(self, *arguments: str, fails: bool = False) -> str:
        quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *who, *arguments],
            cwd=self.root,
            env=quiet,
            capture_output=True,
            text=True,
            check=not fails,
        )
        return done.stdout

    def settings(self, text: str, name: str = "config") -> None:
        with (self.root / ".git" / name).open("a") as file:
            file.write(text.replace("TOUCH", self.touch).replace("HELPER", str(self.helper)) + "\n")

    def attributes(self, text: str, name: str = ".gitattributes") -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text + "\n")

    def hook(self, name: str, folder: str = ".git/hooks") -> None:
        path = self.root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{self.touch}\n")
        path.chmod(0o755)

    def lose_objects(self) -> None:
        for path in (self.root / ".git" / "objects").glob("??/*"):
            if self.git("cat-file", "-t", path.parent.name + path.name).strip() == "blob":
                path.unlink()


Plant = Callable[[Repository], object]
CLEAN = '[filter "x"]\nclean = "TOUCH cat"\nsmudge = "TOUCH cat"'


def driver(settings: str, attributes: str = "* filter=x", where: str = ".gitattributes") -> Plant:
    def plant(repository: Repository) -> None:
        repository.settings(settings)
        repository.attributes(attributes, where)

    return plant


def setting(text: str) -> Plant:
    return lambda repository: repository.settings(text)


def included(line: str) -> Plant:
    def plant(repository: Repository) -> None:
        repository.settings(line)
        repository.settings(CLEAN, "../more")
        repository.attributes("* filter=x")

    return plant


def worktree_settings(repository: Repository) -> None:
    repository.settings("[extensions]\nworktreeConfig = true")
    repository.settings(CLEAN, "config.worktree")
    repository.attributes("* filter=x")


def outer_attributes(repository: Repository) -> None:
    repository.settings(CLEAN + f"\n[core]\nattributesFile = {repository.root}/more")
    repository.attributes("* filter=x", "more")


def missing_objects(url: str, more: str = "") -> Plant:
    def plant(repository: Repository) -> None:
        repository.settings(
            '[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = origin\n[remote "origin"]\n'
            f"url = {url}\npromisor = true\npartialclonefilter = blob:none\n{more}"
        )
        repository.lose_objects()

    return plant


def hook_of_the_index(repository: Repository, folder: str = ".git/hooks") -> None:
    """``git status`` writes the index, and so runs the hook, where a file only looks changed."""
    repository.hook("post-index-change", folder)
    (repository.root / "a.txt").write_text("one\n")
    os.utime(repository.root / "a.txt", (1, 1))


def hooks_elsewhere(repository: Repository) -> None:
    repository.settings(f"[core]\nhooksPath = {repository.root}/own")
    hook_of_the_index(repository, "own")


def submodule(settings: str) -> Plant:
    def plant(repository: Repository) -> None:
        inner = Repository(repository.root / "inner")
        inner.witness, inner.touch = repository.witness, repository.touch
        repository.git("add", "inner")
        repository.git("commit", "-q", "-m", "inner")
        for name in ("a.txt", "b.py"):
            (inner.root / name).write_text("two\n")  # as long as before: git has to look into it
        inner.settings(settings)
        inner.attributes("* filter=x")

    return plant


def git_file(repository: Repository) -> None:
    repository.settings(CLEAN)
    repository.attributes("* filter=x")
    (repository.root / ".git").rename(repository.root / "elsewhere")
    (repository.root / ".git").write_text("gitdir: elsewhere\n")


DIFF, STATUS = ("diff",), ("status",)
PLANTS: dict[str, tuple[Plant, tuple[str, ...]]] = {
    "clean filter": (driver(CLEAN), DIFF),
    "required clean filter": (driver(CLEAN + "\nrequired = true"), DIFF),
    "process filter": (driver('[filter "x"]\nprocess = "TOUCH false"'), DIFF),
    "filter with an odd name": (driver(CLEAN.replace('"x"', '"a=b"'), "* filter=a=b"), DIFF),
    "filter of a macro": (driver(CLEAN, "[attr]own filter=x\n* own"), DIFF),
    "filter of a folder": (driver(CLEAN, "* filter=x", "sub/../.gitattributes"), DIFF),
    "attributes of git's folder": (driver(CLEAN, "* filter=x", ".git/info/attributes"), DIFF),
    "attributes elsewhere": (outer_attributes, DIFF),
    "textconv": (driver('[diff "x"]\ntextconv = "TOUCH cat"', "* diff=x"), DIFF),
    "textconv of a known driver": (driver('[diff "python"]\ntextconv = "TOUCH cat"', "* diff=python"), DIFF),
    "diff driver": (driver('[diff "x"]\ncommand = "TOUCH true"', "* diff=x"), DIFF),
    "external diff": (setting('[diff]\nexternal = "TOUCH true"'), DIFF),
    "monitor": (setting('[core]\nfsmonitor = "TOUCH false"'), STATUS),
    "hook": (hook_of_the_index, STATUS),
    "hooks elsewhere": (hooks_elsewhere, STATUS),
    "pager": (setting('[core]\npager = "TOUCH cat"'), ("--paginate", "diff")),
    "pager of a command": (setting('[pager]\ndiff = "TOUCH cat"'), ("-c", "core.pager=false", "-p", "diff")),
    "alias": (setting('[alias]\nshow-changes = "!TOUCH"'), ("show-changes",)),
    "included settings": (included("[include]\npath = ../more"), DIFF),
    "settings included for this folder": (included('[includeIf "gitdir:**"]\npath = ../more'), DIFF),
    "settings of a work tree": (worktree_settings, DIFF),
    "objects fetched by a helper": (
        missing_objects("ext::HELPER", "[protocol]\nallow = always"),
        DIFF,
    ),
    "objects fetched by a program": (missing_objects("/nowhere", 'uploadpack = "TOUCH false"'), DIFF),
    "objects fetched by ssh": (
        missing_objects("ssh://host/x", '[core]\nsshCommand = "TOUCH false"'),
        DIFF,
    ),
    "objects fetched by a proxy": (
        missing_objects("git://host/x", '[core]\ngitProxy = "HELPER"'),
        DIFF,
    ),
    "submodule with a filter": (submodule(CLEAN), STATUS),
    "submodule with a monitor": (submodule('[core]\nfsmonitor = "TOUCH false"'), STATUS),
    "git's folder elsewhere in the tree": (git_file, DIFF),
    "signatures": (
        setting('[log]\nshowSignature = true\n[gpg]\nprogram = "HELPER"'),
        ("log", "--oneline"),
    ),
}
UNSEEN = {"pager", "pager of a command", "signatures"}
"""Plants that need a terminal or a signed commit to come alive here."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path.resolve() / "project")


async def diff(repository: Repository, sandbox: object) -> ToolResult:
    context = ToolContext(repository.root, sandbox=sandbox)  # type: ignore[arg-type]
    return await Executor(builtin_registry(), context).run(ToolCall("1", "git_diff", {}))


@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.slow
async def test_D07_reading_a_repository_runs_nothing_of_it(name: str, repository: Repository) -> None:
    plant, trigger = PLANTS[name]
    plant(repository)
    repository.git(*trigger, fails=True)
    assert repository.witness.exists() or name in UNSEEN
    repository.witness.unlink(missing_ok=True)
    for file in ("a.txt", "b.py"):
        os.utime(repository.root / file)  # git has to look into the file once more
    before = (repository.root / ".git").is_file() or (repository.root / ".git" / "config").read_bytes()

    shown = await diff(repository, PlainSandbox(repository.root))
    git_identity(repository.root)
    SnapshotStore(repository.root.parent / "data", repository.root, SnapshotSettings()).take({})
    commit_of(repository.root)

    assert not repository.witness.exists()
    assert before is True or (repository.root / ".git" / "config").read_bytes() == before
    assert ("+two" in shown.text) == ("objects" not in name), shown.text


@pytest.mark.bubblewrap
@pytest.mark.parametrize("name", ["clean filter", "objects fetched by a helper", "submodule with a monitor"])
async def test_D07_nor_in_the_sandbox(name: str, repository: Repository) -> None:
    repository.touch = "touch witness;"
    PLANTS[name][0](repository)
    for file in ("a.txt", "b.py"):
        os.utime(repository.root / file)
    sandbox = BubblewrapSandbox(Mount(repository.root))
    await sandbox.start()
    shown = await diff(repository, sandbox)
    await sandbox.close()
    assert ("+two" in shown.text) == ("objects" not in name), shown.text
    assert not list(repository.root.rglob("witness"))


def lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if line.startswith(("+", "-"))}


@pytest.mark.parametrize(
    "shape", ["sha256", "split index", "sparse", "work tree", "ignored", "eol", "packed"]
)
@pytest.mark.slow
async def test_repositories_of_other_shapes_are_read(shape: str, tmp_path: Path) -> None:
    repository = Repository(tmp_path.resolve() / "project")
    match shape:
        case "sha256":
            shutil.rmtree(repository.root / ".git")
            repository.git("init", "-q", "--object-format=sha256")
            repository.git("add", "a.txt")
            repository.git("commit", "-q", "-m", "one")
            (repository.root / "a.txt").write_text("one\nthree\n")
        case "split index":
            repository.git("update-index", "--split-index")
        case "sparse":
            repository.git("sparse-checkout", "set", "--sparse-index", "sub")
        case "work tree":
            repository.git("worktree", "add", "-q", "tree", "-b", "side")
            (repository.root / "tree" / "a.txt").write_text("changed\n")
            repository.root = repository.root / "tree"
        case "ignored":
            (repository.root / "seen").touch()
            (repository.root / "unseen").touch()
            repository.settings("unseen", "info/exclude")
        case "eol":
            repository.settings("[core]\nautocrlf = true")
            (repository.root / "b.py").write_bytes(b"one\r\n")
        case "packed":
            repository.git("gc", "-q")
            repository.git("pack-refs", "--all")
    shown = await diff(repository, PlainSandbox(repository.root))
    plain = repository.git("diff", "HEAD")
    assert shown.success and lines(shown.text) == lines(plain), (shown.text, plain)
    if shape == "ignored":
        assert "\nseen" in shown.text and "unseen" not in shown.text


@pytest.mark.parametrize("place", ["none", "bare", "broken"])
async def test_what_is_no_repository_is_said(place: str, tmp_path: Path) -> None:
    root = tmp_path.resolve() / "project"
    root.mkdir()
    if place == "bare":  # a folder that looks like git's own, with settings of its own
        subprocess.run(["git", "init", "-q", "--bare", root], check=True)
        with (root / "config").open("a") as file:
            file.write(
                f'[core]\nbare = false\nworktree = {root}\nfsmonitor = "touch {root.parent}/witness"\n'
            )
    if place == "broken":
        (root / ".git").mkdir()
    context = ToolContext(root, sandbox=PlainSandbox(root))
    shown = await Executor(builtin_registry(), context).run(ToolCall("1", "git_diff", {}))
    assert not shown.success and "is not a git repository" in shown.text
    assert not (tmp_path / "witness").exists()
