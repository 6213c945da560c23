"""Which models fit a machine, and which one is recommended for it."""

from dataclasses import replace

import pytest

from training.models.catalogue import catalogue
from training.models.fitting import Machine, fitting_first, reason, recommended
from training.models.listing import AVAILABLE, EMBEDDED, ENDPOINT, IN_USE, Listed

GB = 10**9


@pytest.mark.parametrize(
    ("gigabytes", "cores", "wanted"),
    [
        (16, 1, "qwen2.5-coder-0.5b"),
        (16, 2, "qwen2.5-coder-1.5b"),
        (16, 4, "qwen3-4b-2507"),
        (16, 8, "qwen2.5-coder-7b"),
        (3, 8, "qwen2.5-coder-1.5b"),
        (1.2, 8, "qwen2.5-coder-0.5b"),
        (0.5, 8, None),
    ],
)
def test_one_is_recommended_by_memory_and_cores(gigabytes: float, cores: int, wanted: str | None) -> None:
    found = recommended(Machine(int(gigabytes * GB), cores))
    assert (found.id if found else None) == wanted


def test_the_reason_names_the_figures() -> None:
    said = reason(catalogue()["qwen2.5-coder-1.5b"], Machine(3 * GB, 2))
    assert said == "takes about 1.2 GB; this machine has 2 cores and 3.0 GB of free memory"
    assert reason(catalogue()["qwen2.5-coder-1.5b"], Machine(None, 1)).endswith("has 1 core")


def line(id: str, state: str = AVAILABLE, memory: int | None = None) -> Listed:
    return Listed(id, id, "", "", state, "", "", memory)


LINES = [
    line("mine", IN_USE, 300_000_000),
    line("embedded", EMBEDDED, 287_000_000),
    line("http://127.0.0.1:1/v1", ENDPOINT),
    line("qwen2.5-coder-7b"),
    line("smollm2-360m"),
    line("qwen2.5-coder-1.5b"),
    line("own.gguf", memory=90 * GB),
]


def test_what_fits_comes_first_and_the_recommended_one_before_the_others() -> None:
    found = fitting_first(LINES, Machine(3 * GB, 2))
    assert [one.id for one in found] == [
        *("mine", "embedded", "http://127.0.0.1:1/v1", "qwen2.5-coder-1.5b", "smollm2-360m"),
        *("qwen2.5-coder-7b", "own.gguf"),
    ]
    assert [one.fits for one in found] == [True, True, None, True, True, False, False]
    assert [one.id for one in found if one.recommended] == ["qwen2.5-coder-1.5b"]


@pytest.mark.parametrize("current", [line("http://there/v1", ENDPOINT), line("large", IN_USE, 9 * GB)])
def test_nothing_is_recommended_to_who_has_a_larger_one(current: Listed) -> None:
    found = fitting_first([current, *LINES[1:]], Machine(3 * GB, 2))
    assert not any(one.recommended for one in found)
    assert replace(found[0], fits=None) == current
