"""What training takes, as text: the same in the command line and in the panels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.job_text import duration

if TYPE_CHECKING:
    from training.finetune.bases import Base
    from training.finetune.estimate import Estimate

_METHODS = {"lora": "an adapter", "qlora": "an adapter over 4 bits", "full": "all weights"}


def gigabytes(size: int) -> str:
    """In units of a thousand."""
    return f"{size / 1e9:.1f} GB"


def estimate_text(found: "Estimate") -> str:
    """A fact per line."""
    too_much = "" if found.fits else "; too much: --set micro_tokens=512 takes less"
    left = "" if found.available_bytes is None else f" of {gigabytes(found.available_bytes)} that are left"
    left_out = f", {found.left_out:,} are too long and left out" if found.left_out else ""
    facts = [
        ("train", f"{_METHODS[found.method]} on {found.base}, on the {_device(found.device)}"),
        ("examples", f"{found.examples:,} to learn from, {found.validation:,} to look at{left_out}"),
        ("steps", f"{found.steps:,}, {found.tokens:,} tokens"),
        ("time", f"about {duration(found.seconds)}"),
        ("memory", f"about {gigabytes(found.memory_bytes)}{left}{too_much}"),
        ("from", found.basis),
    ]
    return "\n".join(f"{name:9}  {value}" for name, value in facts)


def bases_text(found: "Sequence[Base]") -> str:
    """A line per base and way."""
    lines = [f"{'base':34}  {'parameters':>10}  {'way':22}  {'memory':>8}  {'1,000 examples':>14}"]
    for base in found:
        name = base.id if base.here else f"{base.id} (to be pulled)"
        if base.problem:
            lines.append(f"{name:34}  {base.problem}")
        for way in base.ways:
            fits = "" if way.fits else "  does not fit"
            lines.append(
                f"{name:34}  {base.parameters / 1e6:>8,.0f} M  {_METHODS[way.method]:22}  "
                f"{gigabytes(way.memory_bytes):>8}  {duration(way.seconds):>14}{fits}"
            )
    return "\n".join(lines)


def _device(device: str) -> str:
    return "GPU" if device == "cuda" else "CPU"
