"""How what a remote run gave is used: one line with the command."""

import shlex
from pathlib import Path

from training.remote.base import Result
from training.remote.order import RemoteOrder

PROMPT = "prompt.toml"
"""The prompt that it was tuned with, among the outputs."""
USUAL_PROMPT = "general"
"""That a student behind an endpoint is given where no other is set."""


def how_to_use(order: RemoteOrder, result: Result, outputs: Path) -> str:
    """For the person, with the prompt that it was tuned with where that is not the usual one."""
    if result.said:
        return result.said.format(files=shlex.quote(str(outputs / "files")))
    if result.model and result.url:
        prompt = ""
        if order.prompt_name != USUAL_PROMPT:
            prompt = f"APPRENTICE_STUDENT__PROMPT={shlex.quote(str(outputs / PROMPT))} "
        return f"use it: {prompt}apprentice -m {shlex.quote(f'{result.url}#{result.model}')}"
    return f"what it gave is in {outputs / 'files'}"
