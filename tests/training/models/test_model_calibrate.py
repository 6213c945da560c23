"""Measuring for real, in the process that does it."""

import asyncio
from pathlib import Path

import pytest

from training.models.base import ModelError
from training.models.calibrating import QUICK, Effort, calibrate
from training.models.calibration import cores, load_choice
from training.models.choice import first_load
from training.models.measure import thread_counts
from training.student.gguf import embedded_model
from training.student.settings import StudentSettings

SHORT = Effort(seconds=15, limit_s=60)


def test_the_counts_of_threads_that_are_tried() -> None:
    assert thread_counts(1, quick=True) == [1]
    assert thread_counts(2, quick=True) == [2, 1]
    assert thread_counts(6, quick=False) == [6, 4, 3, 2, 1]
    assert thread_counts(64, quick=True) == [64, 32]


@pytest.mark.gguf
async def test_the_embedded_model_is_measured_and_kept(tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    path = embedded_model()
    found = await calibrate(
        path, 1024, SHORT, steps=lambda done, of, what: steps.append((done, of, what)), folder=tmp_path
    )
    assert load_choice(path, tmp_path) == found
    assert (found.model_context_tokens, found.context_tokens, found.cores) == (8192, 1024, cores())
    assert found.fitting_tokens == 8192 and found.kv_bytes_per_token == 23_040
    assert found.best.decode_tokens_per_s > 1 and found.best.prefill_tokens_per_s > 1
    assert 100 << 20 < found.memory_bytes < 1 << 30
    assert steps[0][0] == 0 and all(done < of for done, of, _ in steps)
    assert "threads, batch" in steps[0][2]


@pytest.mark.gguf
async def test_a_cut_model_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with embedded_model().open("rb") as whole:
        path.write_bytes(whole.read(50_000_000))
    with pytest.raises(ModelError, match=r"not calibrated: llama\.cpp cannot load this file"):
        await calibrate(path, 1024, SHORT, folder=tmp_path)
    assert load_choice(path, tmp_path) is None


@pytest.mark.gguf
async def test_a_measurement_that_takes_too_long_or_is_given_up_ends_its_process(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"could not be measured within 0\.05 s"):
        await calibrate(embedded_model(), 1024, Effort(seconds=9, limit_s=0.05), folder=tmp_path)
    given_up = asyncio.create_task(calibrate(embedded_model(), 1024, SHORT, folder=tmp_path))
    await asyncio.sleep(0.5)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert _measuring() == []


def _measuring() -> list[str]:
    """Processes of this test that still measure."""
    own = f"/{Path('/proc/self').resolve().name}/"
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line, stat = entry.read_bytes(), (entry.parent / "stat").read_text()
        except OSError:
            continue
        if b"training.models.measure" in line and f" {own.strip('/')} " in stat:
            found.append(line.decode())
    return found


@pytest.mark.gguf
async def test_the_first_load_finds_out_and_the_second_knows(tmp_path: Path) -> None:
    path = embedded_model()
    first = await first_load(path, StudentSettings(context_tokens=1024), tmp_path)
    assert first.context_tokens == 1024
    assert first.notice == "a context of 1,024 tokens of the model's 8,192; student.context_tokens sets it"
    assert 1 <= first.threads <= cores()
    known = load_choice(path, tmp_path)
    assert known is None or known.quick, "a busy machine is not measured at the first load"
    assert QUICK.quick
    again = await asyncio.wait_for(first_load(path, StudentSettings(), tmp_path), 60)
    assert (again.context_tokens, again.notice) == (8192, "")
