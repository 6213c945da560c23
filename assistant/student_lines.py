"""What the student's process did and takes, in lines that every interface shows."""

from collections.abc import Iterator

from training.models.base import megabytes
from training.student.base import Stats


def runtime_lines(stats: Stats, last_cached: float) -> Iterator[tuple[str, str]]:
    """A label and a text each; ``last_cached`` is the share of the last prompt, 0..1."""
    if not stats.requests:
        yield "speed", "nothing asked yet"
    else:
        share = stats.cached_tokens / max(stats.prompt_tokens, 1)
        yield "prompt from cache", f"{last_cached:.0%} of the last, {share:.0%} of all {stats.requests:,}"
        reads, writes = stats.prefill_tokens_per_s, stats.decode_tokens_per_s
        yield "speed", f"reads {reads:,.0f} tokens/s, writes {writes:,.0f} tokens/s"
    if stats.memory_bytes:
        saved = f", {megabytes(stats.states_bytes)} of it saved prompts" if stats.states_bytes else ""
        yield "memory", f"{megabytes(stats.memory_bytes)}{saved}"
    if stats.restarts:
        yield "restarts", f"{stats.restarts} after its process died"
    for notice in stats.notices:
        yield "student", notice
