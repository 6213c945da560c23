"""Diffs are exact, also where they are made the fast way."""

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tools.builtin.texts import changed_lines, decode, encode, unified_diff
from tools.calls import ToolError


def patched(tmp_path: Path, old: str, diff: str) -> str:
    """``old`` after ``git apply`` of the diff."""
    path = tmp_path / "file.txt"
    path.write_bytes(old.encode())
    subprocess.run(
        ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"],
        cwd=tmp_path,
        input=diff.encode(),
        check=True,
    )
    return path.read_bytes().decode()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("seed", range(8))
def test_a_diff_applies_to_give_the_new_text(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    size = 60 if seed < 4 else 3000
    old = [f"line {chance.randrange(50)}" for _ in range(size)]
    new = list(old)
    for _ in range(6):
        at = chance.randrange(len(new))
        new[at : at + chance.randrange(3)] = [f"new {chance.random()}"] * chance.randrange(3)
    before, after = "\n".join(old) + "\n", "\n".join(new) + ("\n" if seed % 2 else "")
    assert patched(tmp_path, before, unified_diff(before, after, "file.txt")) == after


def test_equal_texts_have_no_diff() -> None:
    assert unified_diff("a\nb\n", "a\nb\n", "x") == ""


def test_hunk_numbers_count_from_the_top_of_the_file() -> None:
    old = "".join(f"{number}\n" for number in range(100))
    diff = unified_diff(old, old.replace("50\n", "fifty\n"), "x")
    assert "@@ -48,7 +48,7 @@" in diff and "-50\n+fifty\n" in diff
    assert changed_lines(diff) == "+1 -1"


def test_a_large_text_that_changed_everywhere_is_still_diffed_at_once() -> None:
    old = "".join(f"{number}\n" for number in range(200_000))
    new = "".join(f"{number} new\n" for number in range(200_000))
    started = time.process_time()
    diff = unified_diff(old, new, "x")
    assert time.process_time() - started < 5
    assert changed_lines(diff) == "+200000 -200000"


@pytest.mark.parametrize(
    "content", [b"", b"a\n", b"\xef\xbb\xbfa", "ä".encode("utf-16"), b"\xfe\xff\x00\xe4", b"\xe4\r\n"]
)
def test_what_is_decoded_is_encoded_back(content: bytes) -> None:
    assert encode(decode(content, "x"), "x") == content


def test_utf16_without_mark_and_broken_utf16_are_binary() -> None:
    for content in ("hello".encode("utf-16-le"), b"\xff\xfea"):
        with pytest.raises(ToolError, match="binary"):
            decode(content, "x")
