"""How a model is loaded: settings, calibration and memory, and what is said of it."""

import os
from pathlib import Path

import pytest

from training.models import calibration
from training.models.calibration import Calibration, Trial, keep, load_choice
from training.models.choice import Needs, choose, first_load
from training.models.files import known_sha256, sha256
from training.student.settings import StudentSettings

GB = 1 << 30
NEEDS = Needs(context_tokens=40_960, weights_bytes=GB, kv_bytes_per_token=100_000)


def trial(threads: int, turn_s: float, batch: int = 64) -> Trial:
    """One whose short turn takes ``turn_s``."""
    speed = 96 / turn_s
    return Trial(threads=threads, batch=batch, prefill_tokens_per_s=speed, decode_tokens_per_s=speed)


def calibrated(*trials: Trial, busy: bool = False, digest: str = "a" * 64) -> Calibration:
    return Calibration(
        sha256=digest,
        measured_at="2026-11-20T12:00:00+00:00",
        cores=calibration.cores(),
        runtime=calibration.runtime(),
        model_context_tokens=40_960,
        fitting_tokens=40_960,
        context_tokens=8192,
        kv_bytes_per_token=100_000,
        weights_bytes=GB,
        memory_bytes=2 * GB,
        load_s=1.5,
        busy=busy,
        quick=False,
        trials=trials,
    )


def test_the_quickest_way_wins_and_of_equals_the_one_with_fewer_threads() -> None:
    assert calibrated(trial(1, 2.0), trial(2, 1.0), trial(4, 1.5)).best.threads == 2
    assert calibrated(trial(4, 1.0), trial(2, 1.02), trial(1, 1.5)).best.threads == 2
    assert calibrated(trial(2, 1.02, batch=128), trial(2, 1.01), trial(2, 1.0, batch=256)).best.batch == 64


def test_what_was_measured_is_used_where_the_settings_leave_it_open() -> None:
    known = calibrated(trial(3, 1.0, batch=256), trial(1, 2.0))
    choice = choose(StudentSettings(), NEEDS, known, 64 * GB)
    assert (choice.threads, choice.batch, choice.context_tokens) == (3, 256, 8192)
    assert choose(StudentSettings(threads=5), NEEDS, known, 64 * GB).threads == 5


def test_a_busy_machine_settles_no_threads() -> None:
    known = calibrated(trial(1, 1.0, batch=128), trial(2, 5.0), busy=True)
    choice = choose(StudentSettings(), NEEDS, known, 64 * GB)
    assert choice.threads == min(calibration.cores(), 8)
    assert choice.batch == 0


def test_G11_a_context_that_is_smaller_than_the_models_is_said() -> None:
    by_setting = choose(StudentSettings(), NEEDS, None, 64 * GB)
    assert by_setting.context_tokens == 8192
    assert (
        by_setting.notice == "a context of 8,192 tokens of the model's 40,960; student.context_tokens sets it"
    )
    whole = choose(StudentSettings(context_tokens=1 << 20), NEEDS, None, 64 * GB)
    assert (whole.context_tokens, whole.notice) == (40_960, "")


def test_H07_a_context_that_does_not_fit_is_made_smaller_and_said() -> None:
    choice = choose(StudentSettings(), NEEDS, None, GB + (256 << 20) + 3000 * 100_000)
    assert choice.context_tokens == 2816
    assert choice.notice == ("a context of 2,816 tokens, because 8,192 do not fit in the memory that is left")
    assert choose(StudentSettings(), NEEDS, None, GB).context_tokens == 512


def test_nothing_is_claimed_of_an_unknown_file() -> None:
    choice = choose(StudentSettings(context_tokens=4096), None, None, GB)
    assert (choice.context_tokens, choice.notice) == (4096, "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    return path


def test_a_calibration_belongs_to_the_bytes_of_a_file(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "calibrations"
    assert load_choice(file, folder) is None
    known = calibrated(trial(1, 1.0), digest=sha256(file, folder))
    keep(known, folder)
    assert load_choice(file, folder) == known
    moved = file.rename(tmp_path / "other.gguf")
    assert load_choice(moved, folder) is None
    assert sha256(moved, folder) == known.sha256
    assert load_choice(moved, folder) == known
    moved.write_bytes(b"GGUF" + b"\1" * 100)
    assert load_choice(moved, folder) is None
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("other", [{"cores": 999}, {"runtime": "0.0.1"}])
def test_a_calibration_of_another_machine_or_runtime_does_not_hold(
    file: Path, tmp_path: Path, other: dict[str, object]
) -> None:
    known = calibrated(trial(1, 1.0), digest=sha256(file, tmp_path))
    keep(known.model_copy(update=other), tmp_path)
    assert load_choice(file, tmp_path) is None


def test_a_damaged_record_counts_as_none(file: Path, tmp_path: Path) -> None:
    digest = sha256(file, tmp_path)
    (tmp_path / f"{digest}.json").write_text("{")
    assert load_choice(file, tmp_path) is None
    for entry in tmp_path.glob("file-*.json"):
        entry.write_text("[]")
    assert known_sha256(file, tmp_path) is None


def test_the_reading_of_a_large_file_can_be_stopped(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InterruptedError):
        sha256(file, tmp_path, stop=lambda: True)
    assert known_sha256(file, tmp_path) is None


def test_a_file_of_the_same_size_and_time_in_its_place_is_another(file: Path, tmp_path: Path) -> None:
    sha256(file, tmp_path)
    stat = file.stat()
    other = tmp_path / "new"
    other.write_bytes(b"GGUF" + b"\1" * 100)
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)
    assert known_sha256(file, tmp_path) is None


async def test_a_file_that_cannot_be_read_is_loaded_as_the_settings_say(tmp_path: Path) -> None:
    choice = await first_load(tmp_path / "missing.gguf", StudentSettings(context_tokens=2048), tmp_path)
    assert (choice.context_tokens, choice.notice) == (2048, "")
