"""HTML to the text a reader would see.

Invariant: scripts, styles and what the page hides (``hidden``, ``aria-hidden``, ``display:none``, zero-width
and direction-changing characters) are dropped, so that a page cannot say to the student what a person
would not see. Not covered: hiding by a style sheet, by colour or by position.
"""

import re
from html.parser import HTMLParser

_DROPPED = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_BLOCKS_TEXT = """
    address article aside blockquote br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section table title tr ul
"""
_BLOCKS = frozenset(_BLOCKS_TEXT.split())
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])"
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\U000e0000-\U000e007f]")


def page_text(html: str) -> str:
    """The visible text of a page, a line per block, its title first."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = _INVISIBLE.sub("", "".join(reader.pieces))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    """Collects text; ``_hidden`` holds the open elements since the first hidden one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag not in _VOID and (self._hidden or tag in _DROPPED or _is_hidden(dict(attrs))):
            self._hidden.append(tag)
        if tag in _BLOCKS and not self._hidden:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _BLOCKS and not self._hidden:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_title and self._hidden == ["head", "title"]:
            self.pieces.append(f"{data.strip()}\n\n")
        elif not self._hidden:
            self.pieces.append(data)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search((attributes.get("style") or "").lower()))
