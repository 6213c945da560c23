"""Weights are rearranged for the machine, unless the products of that arrangement end the process."""

import pytest

from training.student.loading import may_rearrange


@pytest.mark.parametrize(
    ("system_info", "may"),
    [
        (b"CPU : AVX512_VNNI = 1 | AMX_INT8 = 1 | REPACK = 1 | ", False),
        (b"CPU : AVX512_VNNI = 1 | REPACK = 1 | ", True),
        (b"Metal : EMBED_LIBRARY = 1 | CPU : NEON = 1 | ", True),
    ],
)
def test_only_without_amx(system_info: bytes, may: bool) -> None:
    assert may_rearrange(system_info) is may
