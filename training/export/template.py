"""The base GGUF as it is read for an export: facts, metadata, tensors.

Invariant: the new file says of tokenizer and template what the base says, byte for byte.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.export.naming import ExportError, Shape

if TYPE_CHECKING:
    import numpy as np

_OWN = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count", "general.architecture", "general.file_type")


def tensors_of(path: Path) -> dict[str, Any]:
    """The tensors of any GGUF, an adapter's too, by name. Raises ExportError."""
    return {tensor.name: tensor for tensor in _reader(path).tensors}


def rows_of(tensor: Any) -> "np.ndarray[Any, Any]":
    """Return a tensor of a GGUF as float32 in rows [out, in], whatever type it is stored in."""
    from gguf.quants import dequantize

    rows: np.ndarray[Any, Any] = dequantize(tensor.data, tensor.tensor_type)
    return rows


def fact_of(path: Path, key: str, default: Any = None) -> Any:
    """A value of the metadata of any GGUF. Raises ExportError where it is missing and there is no default."""
    field = _reader(path).get_field(key)
    if field is not None:
        return field.contents()
    if default is None:
        raise ExportError(f"{path} lacks {key}")
    return default


def _reader(path: Path) -> Any:
    import gguf

    try:
        return gguf.GGUFReader(path)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ExportError(f"{path} cannot be read as a GGUF: {error}") from None


class Template:
    """The GGUF at ``path``. Raises ExportError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _reader(path)
        architecture = str(self.fact("general.architecture"))
        self.shape = Shape(
            architecture,
            int(self.fact(f"{architecture}.block_count")),
            int(self.fact(f"{architecture}.attention.head_count")),
            int(self.fact(f"{architecture}.attention.head_count_kv")),
        )
        self.tensors: dict[str, Any] = {tensor.name: tensor for tensor in self._reader.tensors}

    def fact(self, key: str) -> Any:
        """A value of the metadata. Raises ExportError where it is missing."""
        field = self._reader.get_field(key)
        if field is None:
            raise ExportError(f"{self.path} lacks {key}, which an export needs")
        return field.contents()

    def weight(self, name: str) -> "np.ndarray[Any, Any]":
        """A tensor as float32, rows first: [out, in]."""
        tensor = self.tensors.get(name)
        if tensor is None:
            raise ExportError(f"{self.path} has no tensor {name}")
        return rows_of(tensor)

    def check_shape(self, name: str, rows: tuple[int, ...]) -> None:
        """Raises ExportError where the base's tensor has another shape than ``rows``."""
        if name not in self.tensors:
            raise ExportError(f"{self.path} has no tensor {name}; was it the base of this training?")
        own = tuple(int(size) for size in reversed(self.tensors[name].shape))
        if own != rows:
            raise ExportError(
                f"{name} is {rows} here and {own} in {self.path}; was it the base of this training?"
            )

    def copy_metadata(self, writer: Any) -> None:
        """All that the base says of itself, except what the new file says on its own."""
        import gguf

        for field in self._reader.fields.values():
            if field.name in _OWN:
                continue
            kind = field.types[0]
            items = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, items)
