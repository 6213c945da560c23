"""A disk that fills up while an adapter is written."""

import resource
import signal
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.train


def test_K04_a_file_that_is_cut_short_is_a_full_disk(tmp_path: Path) -> None:
    """numpy drops the error of the last block; what is missing is seen by the size."""
    from training.export.adapter import write_tensors

    rows = {f"{name}.lora_{part}": np.ones((32, 64)) for name in "xy" for part in "ab"}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(OSError, match=r"No space left on device|File too large"):
            write_tensors(tmp_path / "a.gguf", "llama", 64.0, rows, {}, "Q8_0")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
