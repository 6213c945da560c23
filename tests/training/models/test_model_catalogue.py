"""The catalogue holds pinned, well-licensed models; a name of the hub cannot lead anywhere else."""

import pytest

from training.models.base import ModelError, megabytes
from training.models.catalogue import EMBEDDED, Source, catalogue, find_source
from training.models.digest import sha256_of_file
from training.student.gguf import embedded_model

FREE_LICENSES = {"Apache-2.0", "MIT"}


@pytest.mark.parametrize("model", catalogue().values(), ids=lambda model: model.id)
def test_every_model_is_pinned_licensed_and_has_its_figures(model: Source) -> None:
    assert model.license in FREE_LICENSES
    assert len(model.sha256) == 64 and model.bytes > 50_000_000
    assert model.context_tokens >= 8192 and model.kv_bytes_per_token > 10_000
    assert model.note and model.quantization in model.file.upper()
    if model.id != EMBEDDED:
        assert len(model.revision) == 40
        assert find_source(model.id) == model
        assert find_source(f"hf:{model.repo}:{model.file}").file == model.file


def test_the_asked_families_are_there() -> None:
    qwen = {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "qwen2.5-coder-7b"}
    assert qwen | {"qwen3-0.6b", "qwen3-1.7b", "qwen3-4b", "qwen3-8b", EMBEDDED} <= set(catalogue())
    assert "qwen2.5-coder-3b" not in catalogue()  # its licence forbids commercial use


def test_the_embedded_file_is_the_one_of_the_catalogue() -> None:
    embedded = catalogue()[EMBEDDED]
    path = embedded_model()
    assert (path.name, path.stat().st_size) == (embedded.file, embedded.bytes)


@pytest.mark.slow
def test_the_embedded_file_has_the_sha256_of_the_catalogue() -> None:
    assert sha256_of_file(embedded_model()) == catalogue()[EMBEDDED].sha256


def test_memory_is_the_file_and_the_context_but_no_more_than_the_model_has() -> None:
    model = catalogue()["qwen3-0.6b"]
    assert model.memory_bytes(1000) == model.bytes + 1000 * 114_688
    assert model.memory_bytes(10**9) == model.bytes + 40_960 * 114_688


@pytest.mark.parametrize(
    "name",
    [
        "",
        "qwen9-900b",
        "owner/repo",
        "owner/repo:file.bin",
        "owner/repo:../../.ssh/x.gguf",
        "../repo:x.gguf",
        "owner/..:x.gguf",
        "owner/repo:.x.gguf",
        "owner/repo:a//x.gguf",
        "https://example.org/x.gguf",
        "owner/repo:x.gguf\n",
    ],
)
def test_what_is_no_model_is_one_line(name: str) -> None:
    with pytest.raises(ModelError, match=r"is no model to pull: give an id .* owner/repo:file\.gguf"):
        find_source(name)


def test_the_embedded_model_is_not_pulled() -> None:
    with pytest.raises(ModelError, match="comes with the program"):
        find_source(EMBEDDED)


def test_a_part_of_a_split_model_is_refused() -> None:
    with pytest.raises(ModelError, match="one part of several"):
        find_source("o/r:model-00001-of-00002.gguf")


def test_a_file_of_the_hub_gets_a_short_id() -> None:
    source = find_source("hf:Owner/Some-GGUF:sub/Model-Q8_0.GGUF")
    assert (source.id, source.repo, source.file) == ("model-q8_0", "Owner/Some-GGUF", "sub/Model-Q8_0.GGUF")


def test_sizes_are_readable() -> None:
    assert [megabytes(size) for size in (0, 98_362_432, 4_683_073_536)] == ["0 MB", "98 MB", "4.7 GB"]
