"""Piped input as context of a request.

Invariant: what was piped stays one fenced block that it cannot leave, and a cut is always said.
"""

import re


def with_stdin(request: str, piped: str, limit: int) -> tuple[str, str]:
    """``(request, notice)``: the request with ``piped`` below it, and one line where it was cut, else ``""``.

    Of text over ``limit`` characters the head and the tail are kept, half of the limit each.
    """
    if not piped.strip():
        return request, ""
    notice = ""
    text = piped.rstrip("\n")
    if len(text) > limit:
        left = len(text) - limit
        notice = f"of the piped input {limit:,} characters are used and {left:,} in the middle are left out"
        head, tail = text[: limit // 2], text[len(text) - (limit - limit // 2) :]
        text = f"{head}\n[... {left:,} characters left out ...]\n{tail}"
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    parts = [request.rstrip()] if request.strip() else []
    return "\n\n".join([*parts, f"Standard input:\n{fence}\n{text}\n{fence}"]), notice
