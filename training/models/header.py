"""What a GGUF file says of itself, read in a process of its own with limits on time and memory (H4).

Covered: headers that lie about lengths, counts and offsets, cut files, kinds of model that llama.cpp does not
know. Not covered: a header that is well-formed and wrong, such as a licence that is not the model's.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.programs import python_command
from training.models.base import ModelError
from training.student.gguf import ModelFileError, check_model_file

LIMIT_S = 20.0
_REASON = "error loading model: "


@dataclass(frozen=True)
class Header:
    """``context_tokens`` is the longest context that the model was trained with, ``template`` its chat
    template, empty where it has none; ``kv_bytes_per_token`` what a token of context takes, at most."""

    architecture: str
    name: str
    license: str
    template: str
    quantization: str
    parameters: int
    weights_bytes: int
    context_tokens: int
    kv_bytes_per_token: int


def read_header(path: Path, limit_s: float = LIMIT_S) -> Header:
    """The header of ``path``. Raises ModelError."""
    try:
        check_model_file(path)
    except ModelFileError as error:
        raise ModelError(str(error)) from None
    try:
        done = subprocess.run(
            python_command("-m", "training.models.header_reader", str(path)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
            # Without it a native abort starts a debugger to print where it was.
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
        )
    except subprocess.TimeoutExpired:
        raise ModelError(
            f"{path}: its header was not read within {limit_s:g} s; do not use this file"
        ) from None
    if done.returncode:
        raise ModelError(f"{path}: {_reason(done)}")
    return Header(**json.loads(done.stdout))


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if _REASON in line]
    if done.returncode < 0:
        return (
            f"the process that read its header was ended by signal {-done.returncode}; fetch the file again"
        )
    reason = said[-1].rpartition(_REASON)[2] if said else "its header cannot be read"
    if "failed to load model from" in reason:
        reason = "its header is cut or damaged"
    return f"{reason}; fetch the file again, or take one that llama.cpp can run"
