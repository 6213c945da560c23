"""A whole model from a base and what was trained, in float16, with the base GGUF as template.

Invariant: a tensor that was not trained is the base's; the norms stay in float32. Nothing is rounded before
the sum is formed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.export.naming import Names, pairs
from training.export.template import Template

if TYPE_CHECKING:
    import numpy as np

Weight = Callable[[], "np.ndarray[Any, Any]"]


def merged(weights: Mapping[str, Any], scale: float, base: Template) -> dict[str, Weight]:
    """The tensors that an adapter changes: the base's and ``scale`` times B A, made when asked for."""
    import numpy as np

    names = Names(base.shape)
    made: dict[str, Weight] = {}
    for name, (a, b) in pairs(weights).items():
        target = names.of(name)
        base.check_shape(target, (b.shape[0], a.shape[1]))

        def sum_of(target: str = target, a: Any = a, b: Any = b) -> "np.ndarray[Any, Any]":
            rows = names.permuted(target, np.asarray(b, dtype=np.float32))
            return base.weight(target) + np.float32(scale) * (rows @ np.asarray(a, dtype=np.float32))

        made[target] = sum_of
    return made


def whole(weights: Mapping[str, Any], base: Template) -> dict[str, Weight]:
    """The tensors of a model that was trained whole, by their GGUF names."""
    import numpy as np

    names = Names(base.shape)
    made: dict[str, Weight] = {}
    for name, weight in weights.items():
        target = names.of(name)
        if target == "output.weight" and target not in base.tensors:
            continue  # tied to the embedding

        def rows_of(target: str = target, weight: Any = weight) -> "np.ndarray[Any, Any]":
            return names.permuted(target, np.asarray(weight, dtype=np.float32))

        base.check_shape(target, tuple(weight.shape))
        made[target] = rows_of
    return made


def write_model(
    changed: Mapping[str, Weight],
    base: Template,
    path: Path,
    facts: Mapping[str, str],
    said: Callable[[int, int], None],
) -> None:
    """Write base and changes to ``path`` as float16; ``said`` is told how many tensors are done.

    Raises training.export.naming.ExportError.
    """
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, base.shape.architecture)
    base.copy_metadata(writer)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for key, value in facts.items():
        writer.add_string(key, value)
    for name, tensor in base.tensors.items():
        kind = np.float32 if len(tensor.shape) == 1 else np.float16
        shape = tuple(int(size) for size in reversed(tensor.shape))
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        writer.add_tensor_info(name, shape, np.dtype(kind), size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for done, (name, tensor) in enumerate(base.tensors.items(), 1):
        kind = np.float32 if len(tensor.shape) == 1 else np.float16
        rows = changed[name]() if name in changed else base.weight(name)
        writer.write_tensor_data(np.ascontiguousarray(rows, dtype=kind))
        said(done, len(base.tensors))
    writer.close()
