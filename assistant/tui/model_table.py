"""Models and trained students as rows of a table. Pure, but for sizes, which are looked up on the disk.

Invariant: names come from files and servers and are made inert here.
"""

from assistant.cli.models_text import TRAINED, named, weights_bytes
from assistant.text_safety import clean_line
from assistant.tui.widgets.row_table import Column, TableRow
from training.models.base import megabytes
from training.models.catalogue import catalogue
from training.models.fitting import reason, this_machine
from training.models.listing import AVAILABLE, DAMAGED, DEPLOYED, IN_USE, MISSING, PARTIAL, Listed

COLUMNS = (
    Column("MODEL"),
    Column("STATE", 9),
    Column("SIZE", 8, right=True),
    Column("MEMORY", 8, right=True),
    Column("LICENCE", 12, from_width=90),
    Column("BASE", 22, from_width=120),
)
HERE = "Enter uses it in this chat; `apprentice models info` knows more."
TO_BE_HAD = "It is not here: p pulls it, as a job; so does `apprentice models pull {id}`."
_TONES = {
    **dict.fromkeys((IN_USE, DEPLOYED), "good"),
    **dict.fromkeys((DAMAGED, MISSING), "bad"),
    **dict.fromkeys((AVAILABLE, PARTIAL), "muted"),
}


def model_row(one: Listed) -> TableRow:
    """One line of the table."""
    size = weights_bytes(one)
    name = f"{named(one)} · recommended here" if one.recommended else named(one)
    cells = (
        clean_line(name, 120),
        one.state,
        megabytes(size) if size else "-",
        megabytes(one.memory_bytes) if one.memory_bytes else "-",
        clean_line(one.license, 40) or "-",
        clean_line(one.base, 80),
    )
    tone = _TONES.get(one.state, "")
    tones = [*([(1, tone)] if tone else []), *([(3, "bad")] if one.fits is False else [])]
    return TableRow(one.id, cells, tuple(tones))


def is_trained(one: Listed) -> bool:
    """Whether it is a student of the registry that can be read."""
    return bool(TRAINED.fullmatch(one.id)) and one.state != DAMAGED


def model_text(one: Listed) -> str:
    """What is known of a model that was not trained here."""
    how = TO_BE_HAD.format(id=one.id) if one.state in (AVAILABLE, PARTIAL) else HERE
    fits = {True: "yes", False: "no: more memory than is free now", None: ""}[one.fits]
    if one.recommended:
        fits += f"; recommended: {reason(catalogue()[one.id], this_machine())}"
    facts = {"id": one.id, "name": one.name, "base": one.base, "file": one.path, "licence": one.license}
    facts["fits"] = fits
    lines = [f"{name + ':':9} {clean_line(value, 300)}" for name, value in facts.items() if value]
    return "\n".join([*lines, "", clean_line(how, 200)])
