"""The map of a draft as an image: SVG, in the colour of the tool, with the request under the pointer.

Invariant: texts of the log are inert and escaped; the file needs nothing but itself, and runs nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from assistant.curate_text import TONES, tones_of
from assistant.text_safety import clean_line

if TYPE_CHECKING:
    from training.curation.draft import Draft
    from training.curation.recipe import Recipe

COLOURS = ("#c9822b", "#2f74ad", "#4c9a45", "#c8414d", "#7b4fb5", "#21908d", "#8a8f98")
SIZE, MARGIN, LINE = 900, 24, 20
_SHORT, _NAME = 160, 40


def map_svg(draft: "Draft", left_out: frozenset[str]) -> str:
    """``left_out`` are drawn hollow. The picture stands on white and on black."""
    names, tools = draft.compared.names, draft.compared.tools
    tones = tones_of(tools)
    height = SIZE + LINE * (min(len(tones), TONES + 1) + 2)
    marks = [
        _mark(draft, names[one.place], one.x, one.y, one.cluster, COLOURS[tones[tools[one.place]]], left_out)
        for one in draft.points
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {height}" '
            'font-family="sans-serif" font-size="14">',
            f'<rect width="{SIZE}" height="{height}" fill="#fbfaf7"/>',
            *marks,
            *_legend(draft, tones),
            "</svg>\n",
        ]
    )


def write_map(folder: Path, recipe: "Recipe", path: Path) -> None:
    """Of the draft in ``folder``, with what the recipe leaves out hollow. Raises CurationError."""
    from training.curation.base import CurationError
    from training.curation.draft import read_draft

    draft = read_draft(folder)
    found = draft.compared.duplicates(recipe.threshold, recipe.floor, recipe.keep)
    left_out = frozenset(draft.compared.names[place] for place in found.dropped)
    try:
        path.write_text(map_svg(draft, left_out), "utf-8")
    except OSError as error:
        raise CurationError(f"the map cannot be written to {path}: {error.strerror}") from None


def _mark(
    draft: "Draft", name: str, x: float, y: float, cluster: int, colour: str, left_out: frozenset[str]
) -> str:
    wide = SIZE - 2 * MARGIN
    facts = draft.facts[name]
    said = f"{clean_line(str(facts['request']), _SHORT)} > {clean_line(str(facts['tool']), _NAME)}"
    fill = 'fill="none"' if name in left_out else f'fill="{colour}"'
    return (
        f'<circle cx="{MARGIN + x * wide:.1f}" cy="{MARGIN + (1 - y) * wide:.1f}" r="4" {fill} '
        f'stroke="{colour}"><title>{escape(said)} (cluster {cluster})</title></circle>'
    )


def _legend(draft: "Draft", tones: dict[str, int]) -> list[str]:
    named = [(clean_line(tool, _NAME), tone) for tool, tone in tones.items() if tone < TONES]
    if len(tones) > TONES:
        named.append(("other tools", TONES))
    lines = []
    for at, (tool, tone) in enumerate(named):
        y = SIZE + LINE * at
        lines.append(f'<circle cx="{MARGIN}" cy="{y - 5}" r="5" fill="{COLOURS[tone]}"/>')
        lines.append(f'<text x="{MARGIN + 14}" y="{y}" fill="#333">{escape(tool)}</text>')
    apart = f", silhouette {draft.silhouette:.3f}" if draft.silhouette is not None else ""
    said = f"{len(draft.points):,} of {draft.decisions:,} decisions; hollow: left out as duplicates{apart}"
    lines.append(f'<text x="{MARGIN}" y="{SIZE + LINE * len(named)}" fill="#666">{said}</text>')
    return lines
