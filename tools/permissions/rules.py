"""Rules of the settings: ``tool``, or ``tool(pattern)``.

Invariant: a rule that does not parse is an error, never a rule that matches nothing or everything.
Covered: words of one simple command, workspace-relative paths, hosts. Not covered: what a search of
a folder finds below it; a rule judges the path that the call names.
"""

import re
import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tools.globs import Glob, GlobError
from tools.permissions.arguments import Doubts
from tools.permissions.matching import Touch, covers, touches
from tools.permissions.parts import Part

PATH_TOOLS = frozenset({"read_file", "list_files", "search_files", "write_file", "edit_file", "git_diff"})
_RULE = re.compile(r"([A-Za-z_][\w.-]*)\s*(?:\((.*)\))?", re.DOTALL)
_QUOTED = re.compile(r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?")
_LONGEST = 2000
_PORTS = {"http": 80, "https": 443}


class RuleError(ValueError):
    """A rule that cannot be read: one line, which, why, how to mend it."""


@dataclass(frozen=True)
class Rule:
    """One parsed rule.

    ``pattern`` is empty where the rule names the whole tool. ``words`` are the pattern's words for
    ``run_shell``; ``exact`` is the one command line that ``run_shell(= ...)`` names. ``open_ended`` is a
    rule that ends in ``**``: any arguments, where ``*`` covers those that are known to be harmless.
    """

    text: str
    tool: str
    pattern: str = ""
    words: tuple[str, ...] = ()
    exact: str = ""
    open_ended: bool = False

    @property
    def bare(self) -> bool:
        return not self.pattern

    def covers_part(self, part: Part, doubts: Doubts) -> bool:
        """Whether this allow rule approves a part of a command, whose arguments leave ``doubts``."""
        spelled = doubts.firm if self.open_ended else doubts.reasons
        return bool(self.words) and covers(self.words, part, spelled)

    def touches_part(self, part: Part) -> Touch:
        """Whether this deny or ask rule names a part of a command."""
        return touches(self.words, part) if self.words else Touch.NO

    def names(self, target: str) -> bool:
        """Whether the pattern names ``target``: a workspace-relative path, or a host from ``host_of``."""
        if self.bare:
            return True
        if self.tool == "fetch_url":
            suffix = self.pattern[1:]
            return target.endswith(suffix) if self.pattern.startswith("*.") else target == self.pattern
        return bool(target) and _glob(self.pattern).matches(target)


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises RuleError with one line."""
    match = _RULE.fullmatch(text.strip())
    if match is None:
        raise RuleError(
            f"rule {text!r}: write a tool, or a tool with a pattern, such as run_shell(git status *)"
        )
    tool, pattern = match.group(1), match.group(2)
    if pattern is None:
        return Rule(tool, tool)
    pattern = pattern.strip()
    if len(pattern) > _LONGEST and not pattern.startswith("="):
        raise RuleError(f"rule {text[:60]!r}...: a pattern has at most {_LONGEST} characters")
    if not pattern:
        raise RuleError(f"rule {text!r}: the pattern is empty; leave the brackets out to name the whole tool")
    clean = f"{tool}({pattern})"
    if tool == "run_shell":
        if pattern.startswith("="):
            return _exact(text, clean, pattern)
        words = _words(text, pattern)
        if words[-1:] == ("**",):
            return Rule(clean, tool, pattern, (*words[:-1], "*"), open_ended=True)
        return Rule(clean, tool, pattern, words)
    if tool == "fetch_url":
        if not _HOST.fullmatch(pattern.lower()):
            raise RuleError(f"rule {text!r}: the pattern is a host, such as docs.python.org or *.python.org")
        return Rule(clean.lower(), tool, pattern.lower())
    if tool in PATH_TOOLS:
        return Rule(clean, tool, _path_pattern(text, pattern))
    raise RuleError(
        f"rule {text!r}: {tool} takes no pattern; write {tool} alone, or run_shell({pattern}) for a command"
    )


def _exact(text: str, clean: str, pattern: str) -> Rule:
    command = pattern[1:].strip()
    if not command:
        raise RuleError(f"rule {text!r}: a command has to follow the '='")
    return Rule(clean, "run_shell", pattern, exact=command)


def _words(text: str, pattern: str) -> tuple[str, ...]:
    if re.search(r"[;|&<>()`\n]|\$\(", _QUOTED.sub("", pattern)):
        raise RuleError(
            f"rule {text!r}: a pattern is one simple command; write a rule for each part, or run_shell(= ...)"
        )
    if pattern.endswith(":*"):
        # As other assistants write it: the words before, then anything.
        pattern = f"{pattern.removesuffix(':*')} *"
    try:
        words = shlex.split(pattern)
    except ValueError as error:
        raise RuleError(f"rule {text!r}: {str(error).lower()}; close the quote") from error
    return tuple(word for word, before in zip(words, ["", *words], strict=False) if not word == before == "*")


def _path_pattern(text: str, pattern: str) -> str:
    if pattern.startswith(("!", "#", "~", "../")) or "\n" in pattern or "/../" in pattern:
        raise RuleError(f"rule {text!r}: the pattern is a path inside the workspace, such as src/**")
    try:
        _glob(pattern.removeprefix("./"))
    except GlobError as error:
        raise RuleError(f"rule {text!r}: {error}") from error
    return pattern.removeprefix("./")


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> Glob:
    return Glob(pattern)


def inside(workspace: Path, given: Any) -> tuple[str, ...] | None:
    """``given`` relative to the workspace, as written and as the tools walk it; None where outside.

    ``..`` behind a link leads out of the folder that the link names, not of the one that holds the link.

    ``workspace`` is absolute. The workspace itself is ``.``.
    """
    if not isinstance(given, str) or "\0" in given:
        return None
    root = workspace.resolve()
    try:
        lexical = Path(_normal(root, given))
        ways = (lexical, lexical.resolve(), (root / given).resolve())
        found = [path.relative_to(root).as_posix() for path in ways]
    except (ValueError, OSError, RuntimeError):
        return None
    return tuple(dict.fromkeys(found))


def _normal(root: Path, given: str) -> str:
    import os.path

    return os.path.normpath(root / given)


def host_of(url: Any) -> str:
    """The host of an http(s) URL, with its port where that is unusual; "" where it is not a plain one."""
    if not isinstance(url, str) or re.search(r"[\s\\\x00-\x1f]", url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = parts.hostname.rstrip(".")
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host).decode("ascii")
        except UnicodeError:
            return ""
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
