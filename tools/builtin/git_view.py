"""Runs inside: one git command over a view of the workspace's repository that has none of its settings.

Invariant: git sees the repository's objects, index and commit, and no settings, attributes of its own
folder, hooks, remotes or refs: there is no filter, driver, monitor or helper that it could start, and no
place to fetch from. This needs nothing but Python and is never imported, only sent in. Not covered: a bug
in git's own reading of an index or of objects; a file whose filter keeps its text elsewhere (LFS) counts as
changed once it is touched.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = "autocrlf|eol|filemode|ignorecase|symlinks|precomposeunicode|trustctime|checkstat"
"""Settings of ``core`` that say what counts as a change, and start nothing."""
ALONE = {
    "LC_ALL": "C.UTF-8",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": ":",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}
PARTS = ("objects", "index", "info/exclude")


def asked(environment: "dict[str, str]", *arguments: str) -> bytes:
    """What git says to a question that starts nothing. Exits where it fails."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.devnull, *arguments]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    except FileNotFoundError:
        sys.exit(127)
    if done.returncode > 1:
        sys.exit(done.returncode)
    return done.stdout


def view(folder: Path, real: "dict[str, str]") -> "dict[str, str]":
    """Lay out a repository in ``folder`` over the one that ``real`` names, and return its environment."""
    paths = [part for name in PARTS for part in ("--git-path", name)]
    said = asked(real, "rev-parse", *paths, "--show-object-format", "--git-dir")
    objects, index, exclude, shape, own = said.decode("utf-8", "surrogateescape").splitlines()
    for name in ("refs", "info"):
        (folder / name).mkdir()
    head = asked(real, "rev-parse", "--verify", "--quiet", "HEAD").decode() or "ref: refs/heads/none\n"
    (folder / "HEAD").write_text(head)
    format_lines = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = "
    (folder / "config").write_text(format_lines + shape + "\n")
    (folder / "info" / "exclude").symlink_to(Path.cwd() / exclude)
    for part in (Path.cwd() / own).glob("sharedindex.*"):
        (folder / part.name).symlink_to(part)
    settings = asked(real, "config", "--null", "--get-regexp", "^core\\.(" + KEPT + ")$")
    pairs = [pair.partition("\n") for pair in settings.decode("utf-8", "replace").split("\0") if pair]
    named = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, given, value) in enumerate(pairs):
        named["GIT_CONFIG_KEY_" + str(number)] = key
        named["GIT_CONFIG_VALUE_" + str(number)] = value if given else "true"
    return {
        "GIT_DIR": str(folder),
        "GIT_WORK_TREE": str(Path.cwd()),
        "GIT_OBJECT_DIRECTORY": str(Path.cwd() / objects),
        "GIT_INDEX_FILE": str(Path.cwd() / index),
        **named,
    }


def main(arguments: "list[str]") -> int:
    """Run git with ``arguments`` and return its exit code."""
    git = Path.cwd() / ".git"
    if not (git.is_symlink() or git.exists()):
        sys.stderr.write("fatal: not a git repository\n")
        return 128
    with tempfile.TemporaryDirectory() as folder:
        alone = {"PATH": os.environ["PATH"], "HOME": folder, **ALONE}
        led = view(Path(folder), {**alone, "GIT_DIR": str(git)})
        return subprocess.run(["git", "--no-pager", *arguments], env={**alone, **led}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
