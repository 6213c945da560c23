"""Headers are read in a child, so that a lying one costs a line and not the program."""

import os
import struct
from pathlib import Path

import pytest

from training.models.base import ModelError
from training.models.header import read_header
from training.student.gguf import embedded_model

MAGIC = b"GGUF"


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def gguf(tensors: int, pairs: int, rest: bytes, version: int = 3) -> bytes:
    return MAGIC + struct.pack("<IQQ", version, tensors, pairs) + rest


LIES = {
    "a pair for each grain of sand": gguf(0, 2**60, b""),
    "as many tensors": gguf(2**60, 0, b""),
    "43 bytes with a key of a terabyte": gguf(0, 1, struct.pack("<Q", 2**40) + b"x" * 11),
    "a list in a list without end": gguf(0, 1, text(b"a") + struct.pack("<IIQ", 9, 9, 2**60)),
    "a list of two billion": gguf(0, 1, text(b"a") + struct.pack("<IIQ", 9, 0, 2**31) + b"0" * 999),
    "an old version": gguf(0, 0, b"0" * 99, version=1),
    "no alignment": gguf(0, 1, text(b"general.alignment") + struct.pack("<II", 4, 0)),
}


@pytest.mark.gguf
def test_the_header_of_the_embedded_model() -> None:
    header = read_header(embedded_model())
    assert (header.architecture, header.quantization, header.license) == ("llama", "Q4_1", "apache-2.0")
    assert header.parameters == 134_515_008
    assert header.context_tokens == 8192
    assert header.kv_bytes_per_token == 30 * 3 * (64 + 64) * 2
    assert "<|im_start|>" in header.template
    assert abs(header.weights_bytes - embedded_model().stat().st_size) < 5_000_000


@pytest.mark.gguf
@pytest.mark.parametrize("name", LIES)
def test_H04_a_lying_header_is_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(LIES[name].ljust(64, b"\0"))
    with pytest.raises(ModelError, match=r"its header is cut or damaged; fetch the file again") as said:
        read_header(path)
    assert "\n" not in str(said.value)


@pytest.mark.gguf
def test_H02_a_cut_file_is_seen_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    with embedded_model().open("rb") as whole:
        path.write_bytes(whole.read(50_000_000))
    with pytest.raises(ModelError, match="data is not within the file bounds"):
        read_header(path)


@pytest.mark.gguf
def test_H03_another_architecture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    pair = text(b"general.architecture") + struct.pack("<I", 8) + text(b"telepathy")
    path.write_bytes(gguf(0, 1, pair).ljust(128, b"\0"))
    with pytest.raises(ModelError, match="unknown model architecture: 'telepathy'; fetch"):
        read_header(path)


def test_H04_a_header_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(LIES["as many tensors"].ljust(64, b"\0"))
    with pytest.raises(ModelError, match=r"its header was not read within 0\.01 s; do not use this file"):
        read_header(path, limit_s=0.01)


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"<html>" * 20, "a web page")])
def test_H01_what_is_no_gguf_is_not_even_tried(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        read_header(path)


def test_B9_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    os.mkfifo(path)
    with pytest.raises(ModelError, match="no regular file"):
        read_header(path)
