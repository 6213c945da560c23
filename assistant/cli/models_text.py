"""Models as plain text. Names and headers come from elsewhere and are made inert here."""

import re
from collections.abc import Sequence
from pathlib import Path

from assistant.cli.decision_tables import align
from assistant.text_safety import clean, clean_line
from training.models.about import About
from training.models.base import megabytes
from training.models.calibration import Calibration
from training.models.catalogue import Source, catalogue
from training.models.fitting import reason, this_machine
from training.models.hub import HubFile
from training.models.listing import AVAILABLE, IN_USE, PARTIAL, Listed

TRAINED = re.compile("[0-9a-f]{12}")
"""The id of a trained student, which says nothing."""
_ID, _NOTE = 60, 60


def safe(text: str) -> str:
    """One line of foreign text."""
    return clean_line(text, _ID)


def table(listed: Sequence[Listed]) -> str:
    """A line per model."""
    lines: list[Sequence[str]] = [("ID", "STATE", "SIZE", "MEMORY", "FITS", "LICENCE", "")]
    for one in listed:
        known = catalogue().get(one.id)
        note = known.note if known else one.name if one.name not in one.id else ""
        size, memory = _size(weights_bytes(one)), _size(one.memory_bytes)
        licence = safe(one.license) or "-"
        fits = {True: "yes", False: "no", None: "-"}[one.fits]
        note = f"RECOMMENDED HERE; {note}" if one.recommended else note
        lines.append((safe(one.id), one.state, size, memory, fits, licence, clean_line(note, _NOTE)))
    return align(lines)


def recommendation(listed: Sequence[Listed]) -> str:
    """What suits this machine best, why, and how to have it; empty where that is what serves."""
    one = next((one for one in listed if one.recommended and one.state != IN_USE), None)
    if one is None:
        return ""
    how = f"apprentice models use {one.id}"
    if one.state in (AVAILABLE, PARTIAL):
        how = f"apprentice models pull {one.id} && {how}"
    return f"recommended: {one.id} {reason(catalogue()[one.id], this_machine())}\n  {how}"


def weights_bytes(one: Listed) -> int | None:
    """What its own weights take on the disk: of a trained student those of its adapter."""
    if TRAINED.fullmatch(one.id) and one.adapter:
        return _on_disk(Path(one.adapter))
    known = catalogue().get(one.id)
    return known.bytes if known else _on_disk(Path(one.path))


def _on_disk(path: Path) -> int | None:
    return path.stat().st_size if path.is_absolute() and path.is_file() else None


def named(one: Listed) -> str:
    """The id; of a trained student with its name."""
    return f"{one.id} {clean_line(one.name, 40)}" if TRAINED.fullmatch(one.id) else one.id


def _size(size: int | None) -> str:
    return megabytes(size) if size else "-"


def before_pull(source: Source, file: HubFile) -> str:
    """What is about to be pulled, said before it is."""
    where = f" (https://huggingface.co/{file.base})" if file.base else ""
    return (
        f"{safe(source.name)}: {megabytes(file.bytes)}, licence {safe(file.license)}{where}, "
        f"from {source.repo} at {file.revision[:8]}"
    )


def about_text(found: About) -> str:
    """A field per line; what is not known is left out."""
    context = f"{found.context_tokens:,} tokens"
    if found.notice:
        context += f" ({found.notice})"
    parameters = f"{found.parameters / 1e6:,.0f} million" if found.parameters else ""
    fields = (
        ("id", found.id),
        ("name", found.name),
        ("base", found.base),
        ("from", f"{found.repo} at {found.revision[:8]}" if found.repo else ""),
        ("file", found.path or f"not here; apprentice models pull {found.id}"),
        ("size", megabytes(found.bytes)),
        ("sha256", found.sha256),
        ("licence", found.license),
        ("architecture", found.architecture),
        ("parameters", parameters),
        ("quantisation", found.quantization),
        ("template", "" if not found.path else "its own" if found.template else "none; ChatML is used"),
        (
            "context of the model",
            f"{found.model_context_tokens:,} tokens" if found.model_context_tokens else "",
        ),
        ("context here", context),
        ("memory", f"about {megabytes(found.memory_bytes)} with that context"),
        ("calibration", _calibration(found)),
    )
    return align([(f"{name}:", clean_line(value, 400)) for name, value in fields if value])


def _calibration(found: About) -> str:
    if not found.path:
        return ""
    if not found.calibration:
        return "not measured; apprentice models calibrate"
    figures = found.calibration
    reads, writes = figures["prefill_tokens_per_s"], figures["decode_tokens_per_s"]
    speed = f"reads {reads:,.0f} and writes {writes:,.0f} tokens/s"
    if figures["busy"]:
        speed += f" with {figures['quickest_threads']} of them on a busy machine"
    memory = f"{megabytes(figures['memory_bytes'])} of memory"
    way = f"{figures['threads']} threads, " + (
        f"batch {figures['batch']}" if figures["batch"] else "usual batch"
    )
    return "; ".join((way, speed, memory, figures["measured_at"][:10]))


def calibration_text(model: About, found: Calibration) -> str:
    """What was tried, and how the model is loaded from now on."""
    lines: list[Sequence[str]] = [("THREADS", "BATCH", "READS/S", "WRITES/S")]
    for trial in found.trials:
        reads, writes = f"{trial.prefill_tokens_per_s:,.0f}", f"{trial.decode_tokens_per_s:,.0f}"
        lines.append((str(trial.threads), str(trial.batch), reads, writes))
    said = [
        f"{model.name}: {_calibration(model)}",
        f"context: {model.context_tokens:,} tokens are used; {found.fitting_tokens:,} of the model's "
        f"{found.model_context_tokens:,} fit in memory",
    ]
    if model.notice:
        said.append(f"note: {model.notice}")
    if found.busy:
        said.append("note: other programs used the cores meanwhile; threads and batch stay as they were")
    return clean("\n".join([align(lines), *said]))
