"""``search_docs``.

Invariant: offline, and nothing is imported or executed: sources are parsed. Covered: modules, classes,
functions and methods of the standard library and of installed packages (the workspace's own environment
first), built-in types, and the workspace's Markdown and reStructuredText. Not covered: compiled packages
without Python sources; other languages' packages.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tools.base import ToolContext
from tools.builtin.atomic import read_bytes
from tools.builtin.paths import located, shown
from tools.builtin.pydocs import Library, Topic
from tools.builtin.tree import Ignores, walk
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool

_SECONDS = 8.0
_MOST_TOPICS = 4
_MOST_SECTIONS = 3
_MOST_PAGES = 300
_LARGEST_PAGE = 256 << 10
_LONGEST_TOPIC = 900
_STOP_WORDS = """
    a about an and are be can class do docs documentation does for from function how i in is it library
    me method module my of on or python that the this to use using what which with you
"""


@dataclass(frozen=True)
class _Section:
    where: str
    title: str
    text: str


@tool(risk=Risk.READ, timeout_s=30)
async def search_docs(context: ToolContext, /, *, query: str) -> ToolResult:
    """Look up Python functions, packages and project docs.

    Args:
        query: names or words, such as json.dumps indent
    """
    return await asyncio.to_thread(_search, context, query)


def _search(context: ToolContext, query: str) -> ToolResult:
    names = re.findall(r"[^\W\d][\w.]*\w|[^\W\d]", query)
    words = [part.lower() for name in names for part in name.split(".")]
    words = [word for word in dict.fromkeys(words) if word not in _STOP_WORDS.split()] or words
    if not words:
        raise ToolError("query holds no word to look for")
    deadline = time.monotonic() + _SECONDS
    sections = _best_sections(context.workspace, words, deadline)  # first: the library may take all the time
    topics = _best_topics(context.workspace, names, words, deadline)
    parts = [_told(topic, words) for topic in topics] + [
        f"{section.where}: {section.title}\n{section.text[:_LONGEST_TOPIC]}" for section in sections
    ]
    if not parts:
        return ToolResult(success=True, text=f"nothing found for {shown(query)[:200]}")
    return ToolResult(success=True, text="\n\n".join(parts))


def _best_topics(workspace: Path, names: list[str], words: list[str], deadline: float) -> list[Topic]:
    library = Library.of(workspace)
    topics = library.named(names, deadline)
    if not _ranked(topics, names, words, enough=len(words)):
        topics = [*topics, *library.standard(deadline)]
    return _ranked(topics, names, words, enough=(len(words) + 1) // 2)[:_MOST_TOPICS]


def _ranked(topics: list[Topic], names: list[str], words: list[str], enough: int) -> list[Topic]:
    """Topics that know at least ``enough`` of the words, the best first."""
    scored: dict[str, tuple[float, int, Topic]] = {}
    for topic in topics:
        points = [_points(topic, word) for word in words]
        if sum(point > 0 for point in points) >= enough and max(points) > 1:
            exact = 20 * any(topic.name == name or topic.name.endswith(f".{name}") for name in names)
            scored.setdefault(topic.name, (-(sum(points) + exact), len(topic.name), topic))
    return [topic for _, _, topic in sorted(scored.values(), key=lambda row: (row[0], row[1], row[2].name))]


def _points(topic: Topic, word: str) -> float:
    segments = topic.name.lower().split(".")
    if segments[-1] == word:
        return 6
    if word in segments:
        return 4
    if len(word) > 2 and word in segments[-1]:
        return 2
    if word in topic.signature.lower():
        return 1.5
    return 1 if len(word) > 2 and word in topic.doc.lower() else 0


def _told(topic: Topic, words: list[str]) -> str:
    """The signature, the first paragraph, and the first other one that speaks of a word not in the name."""
    paragraphs = [" ".join(part.split()) for part in topic.doc.split("\n\n") if _is_prose(part)]
    others = [word for word in words if word not in topic.name.lower()]
    more = (part for part in paragraphs[1:] if any(word in part.lower() for word in others))
    told = [topic.signature, *paragraphs[:1], *([found] if (found := next(more, "")) else [])]
    return "\n".join(told)[:_LONGEST_TOPIC]


def _is_prose(paragraph: str) -> bool:
    return bool(paragraph.strip()) and not paragraph.lstrip().startswith(">>>")


def _best_sections(workspace: Path, words: list[str], deadline: float) -> list[_Section]:
    scored: list[tuple[float, str, _Section]] = []
    for section in _sections(workspace, deadline):
        title, text = section.title.lower(), section.text.lower()
        known = sum(word in title or word in text for word in words)
        score = sum(3 * (word in title) + min(text.count(word), 3) for word in words)
        if known >= (len(words) + 1) // 2 and score > 1:
            scored.append((-score, section.where, section))
    return [section for *_, section in sorted(scored, key=lambda row: row[:2])[:_MOST_SECTIONS]]


def _sections(workspace: Path, deadline: float) -> list[_Section]:
    found: list[_Section] = []
    pages = 0
    with located(workspace, ".") as root:
        for entry in walk(root, Ignores(workspace), []):
            if time.monotonic() > deadline or pages == _MOST_PAGES:
                break
            if entry.is_file and entry.parts[-1].lower().endswith((".md", ".rst")):
                pages += 1
                found += _split(workspace, entry.path)
    return found


def _split(workspace: Path, path: str) -> list[_Section]:
    """The sections of one page, by Markdown headings or underlined titles."""
    try:
        with located(workspace, path) as place:
            text = read_bytes(place, _LARGEST_PAGE).decode("utf-8", "replace")
    except ToolError:
        return []
    sections: list[_Section] = []
    title, body = "", list[str]()
    for line in text.splitlines():
        heading = re.match(r"#{1,6} +(.+)", line)
        underlined = (
            bool(body) and bool(body[-1].strip()) and bool(re.fullmatch(r"([=~^*+-])\1{2,}", line.strip()))
        )
        if not heading and not underlined:
            body.append(line)
            continue
        following = heading[1].strip() if heading else body.pop().strip()
        sections.append(_Section(shown(path), title, "\n".join(body).strip()))
        title, body = following, []
    sections.append(_Section(shown(path), title, "\n".join(body).strip()))
    return [section for section in sections if section.title or section.text]
