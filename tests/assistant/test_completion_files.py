"""The index of files and the fuzzy matcher behind ``@``."""

import os
from pathlib import Path

import pytest

from assistant.completion import FileIndex, fuzzy


def tree(root: Path, *paths: str, **texts: str) -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return root


def index(root: Path) -> list[str]:
    return FileIndex(root).files()


def test_files_are_relative_and_sorted(tmp_path: Path) -> None:
    tree(tmp_path, "b.py", "a/z.py", "a/y.py", ".env")
    assert index(tmp_path) == [".env", "a/y.py", "a/z.py", "b.py"]


def test_empty_or_missing_workspace_has_no_files(tmp_path: Path) -> None:
    assert index(tmp_path) == []
    assert index(tmp_path / "gone") == []


def test_gitignore_is_respected_at_every_depth(tmp_path: Path) -> None:
    tree(tmp_path, "a.log", "keep.py", "build/out.py", "sub/a.log", "sub/b.tmp", "sub/deep/b.tmp", "b.tmp")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    (tmp_path / "sub" / ".gitignore").write_text("*.tmp\n")
    assert index(tmp_path) == [".gitignore", "b.tmp", "keep.py", "sub/.gitignore"]


def test_deeper_rules_win_and_may_bring_a_file_back(tmp_path: Path) -> None:
    tree(tmp_path, "a.log", "sub/a.log", "sub/b.log")
    (tmp_path / ".gitignore").write_text("*.log\n!b.log\n")
    (tmp_path / "sub" / ".gitignore").write_text("!a.log\n")
    assert index(tmp_path) == [".gitignore", "sub/.gitignore", "sub/a.log", "sub/b.log"]


def test_anchored_patterns_are_relative_to_their_file(tmp_path: Path) -> None:
    tree(tmp_path, "out", "sub/out", "sub/sub/out")
    (tmp_path / "sub" / ".gitignore").write_text("/out\n")
    assert index(tmp_path) == ["out", "sub/.gitignore", "sub/sub/out"]


def test_apprenticeignore_is_respected_too(tmp_path: Path) -> None:
    tree(tmp_path, "data.bin", "a.py")
    (tmp_path / ".apprenticeignore").write_text("*.bin\n")
    assert index(tmp_path) == [".apprenticeignore", "a.py"]


@pytest.mark.parametrize("folder", [".git", "node_modules", "__pycache__", ".venv"])
def test_machinery_is_never_offered(tmp_path: Path, folder: str) -> None:
    tree(tmp_path, f"{folder}/x", f"sub/{folder}/x", "a")
    assert index(tmp_path) == ["a"]


def test_C4_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, "sub/a")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert index(tmp_path) == ["sub/a"]


def test_C8_names_that_cannot_be_typed_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, "a\x1b[2Jb", "new\nline", "fine é")
    os.close(os.open(os.fsencode(tmp_path) + b"/bad\xff", os.O_CREAT))
    assert index(tmp_path) == ["fine é"]


def test_B9_fifos_and_sockets_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / ".gitignore")
    assert index(tmp_path) == []


def test_B7_the_walk_is_bounded_and_says_so(tmp_path: Path) -> None:
    tree(tmp_path, *(f"f{n}" for n in range(20)))
    by_files = FileIndex(tmp_path, max_files=5)
    assert len(by_files.files()) == 5
    assert by_files.truncated
    by_entries = FileIndex(tmp_path, max_entries=7)
    assert len(by_entries.files()) <= 7
    assert by_entries.truncated
    whole = FileIndex(tmp_path)
    assert len(whole.files()) == 20
    assert not whole.truncated


def test_unreadable_rules_hide_nothing(tmp_path: Path) -> None:
    tree(tmp_path, "a")
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe[\n!!\n\\\n")
    assert "a" in index(tmp_path)


def test_new_files_show_after_a_refresh(tmp_path: Path) -> None:
    files = FileIndex(tmp_path)
    assert files.files() == []
    tree(tmp_path, "new")
    assert files.files() == []
    files.refresh()
    assert files.files() == ["new"]


FILES = [
    "assistant/agent/chat.py",
    "assistant/agent/steps.py",
    "assistant/commands/base.py",
    "docs/chat.md",
    "sandbox/base.py",
    "tests/assistant/test_chat.py",
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("steps", "assistant/agent/steps.py"),
        ("chat.py", "assistant/agent/chat.py"),
        ("CHAT.MD", "docs/chat.md"),
        ("sb/ba", "sandbox/base.py"),
        ("cobase", "assistant/commands/base.py"),
        ("tchat", "tests/assistant/test_chat.py"),
        ("docs/", "docs/chat.md"),
    ],
)
def test_best_match_comes_first(query: str, best: str) -> None:
    assert fuzzy(query, FILES)[0] == best


def test_letters_that_are_not_there_match_nothing() -> None:
    assert fuzzy("zzz", FILES) == []
    assert fuzzy("yp.", FILES) == []


def test_shorter_wins_among_equals() -> None:
    assert fuzzy("base.py", FILES) == ["sandbox/base.py", "assistant/commands/base.py"]


def test_empty_query_and_limit() -> None:
    assert fuzzy("", FILES, 2) == FILES[:2]
    assert len(fuzzy("a", FILES, 3)) == 3
