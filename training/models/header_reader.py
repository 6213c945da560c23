"""The process that reads the header of one GGUF file: ``python -P -m training.models.header_reader PATH``.

It prints one JSON object and ends. What it reads is foreign: it may crash, hang or ask for all of the memory,
and all of that ends here, within the limits that it sets for itself first.
"""

import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from sandbox.clean_start import clean

MEMORY_BYTES = 4 << 30
CPU_SECONDS = 20
TEXT_BYTES = 256 << 10


def _limit() -> None:
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


class _Metadata:
    """The keys and values of a header, as text; lists are not among them."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._buffer = ctypes.create_string_buffer(TEXT_BYTES)

    def text(self, key: str) -> str:
        """The value of ``key``; empty where it is not there or a list."""
        import llama_cpp

        found = llama_cpp.llama_model_meta_val_str(self._model, key.encode(), self._buffer, len(self._buffer))
        return self._buffer.value.decode("utf-8", "replace") if found >= 0 else ""

    def number(self, key: str, otherwise: int = 0) -> int:
        text = self.text(key)
        return int(text) if text.isascii() and text.isdigit() else otherwise


def read(path: Path) -> dict[str, Any]:
    """What ``header.Header`` holds. Raises SystemExit where llama.cpp refuses the file."""
    import llama_cpp

    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise SystemExit(1)
    return facts(model)


def facts(model: Any) -> dict[str, Any]:
    """What a loaded model, or the header of one, says of itself."""
    import llama_cpp

    data = _Metadata(model)
    kind = data.text("general.architecture")
    return {
        "architecture": kind,
        "name": data.text("general.name"),
        "license": data.text("general.license"),
        "template": data.text("tokenizer.chat_template"),
        "quantization": _quantization(data.number("general.file_type", -1)),
        "parameters": int(llama_cpp.llama_model_n_params(model)),
        "weights_bytes": int(llama_cpp.llama_model_size(model)),
        "context_tokens": data.number(f"{kind}.context_length"),
        "kv_bytes_per_token": _kv_bytes(data, kind),
    }


def _quantization(kind: int) -> str:
    """The name of a file type, such as ``Q4_K_M``; empty for one that is not known."""
    import llama_cpp

    prefix = "LLAMA_FTYPE_"
    names = {getattr(llama_cpp, name): name for name in dir(llama_cpp) if name.startswith(prefix)}
    return names.get(kind, "").removeprefix(prefix).removeprefix("MOSTLY_").removeprefix("ALL_")


def _kv_bytes(data: _Metadata, kind: str) -> int:
    """Keys and values of 16 bits in every layer; too much where a model attends in some layers only."""
    heads = data.number(f"{kind}.attention.head_count", 1)
    kv_heads = data.number(f"{kind}.attention.head_count_kv", heads)
    head = data.number(f"{kind}.embedding_length") // max(heads, 1)
    keys = data.number(f"{kind}.attention.key_length", head)
    values = data.number(f"{kind}.attention.value_length", head)
    return data.number(f"{kind}.block_count") * kv_heads * (keys + values) * 2


def main() -> None:
    _limit()
    # llama.cpp prints where it likes.
    replies = os.dup(1)
    os.dup2(2, 1)
    text = json.dumps(read(Path(sys.argv[1])))
    with os.fdopen(replies, "w", encoding="ascii") as out:
        out.write(text)


if __name__ == "__main__":
    clean()
    main()
