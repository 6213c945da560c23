"""H: what is told of a model file before llama.cpp opens it."""

from pathlib import Path

import pytest

from training.student.gguf import (
    ModelFileError,
    check_memory,
    check_model_file,
    embedded_model,
    model_path,
)

GOOD = b"GGUF" + bytes(100)


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        check_model_file(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_H01_missing_folder_empty_and_web_page(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.gguf")
    assert "folder" in refused(tmp_path)
    (tmp_path / "empty.gguf").touch()
    assert "empty" in refused(tmp_path / "empty.gguf")
    (tmp_path / "page.gguf").write_text("\n<!DOCTYPE html><title>404</title>")
    assert "web page" in refused(tmp_path / "page.gguf")


def test_H02_a_cut_header_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.gguf").write_bytes(GOOD[:20])
    assert "cut off after 20 bytes" in refused(tmp_path / "cut.gguf")


def test_H03_another_kind_of_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "zip.gguf").write_bytes(b"PK\x03\x04" + bytes(100))
    assert "not a GGUF file" in refused(tmp_path / "zip.gguf")


def test_a_file_that_begins_as_it_should_passes(tmp_path: Path) -> None:
    (tmp_path / "good.gguf").write_bytes(GOOD)
    check_model_file(tmp_path / "good.gguf")


def test_the_embedded_model_is_installed() -> None:
    check_model_file(embedded_model())
    assert model_path("embedded") == embedded_model()


def test_a_path_is_taken_from_home() -> None:
    assert model_path("~/m.gguf").is_absolute()
    assert "~" not in str(model_path("~/m.gguf"))


def test_H07_too_little_memory_is_said_with_sizes(tmp_path: Path) -> None:
    model, meminfo = tmp_path / "big.gguf", tmp_path / "meminfo"
    model.write_bytes(GOOD)
    meminfo.write_text("MemTotal:  99999999 kB\nMemAvailable:    2048 kB\n")
    check_memory(model, meminfo=meminfo)
    with pytest.raises(ModelFileError, match=r"needs about 7 MB of memory and 2 MB are free"):
        check_memory(model, 7 << 20, meminfo=meminfo)
    check_memory(model, 7 << 20, meminfo=tmp_path / "elsewhere")
