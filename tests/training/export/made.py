"""Traces and runs made by hand, for tests of the gate that need no model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.training.finetune import tiny
from training.export.traces import Spoken, Trace
from training.finetune.rendering import Rendered

VOCABULARY = 50


def said(*kinds: str) -> list[Spoken]:
    """An example per kind: a ``call`` of three ids and the end, or a ``talk`` of two ids and the end."""
    made = []
    for number, kind in enumerate(kinds):
        ids = (7, 8, 9, 2) if kind == "call" else (3, 4, 2)
        example = tiny.call(number) if kind == "call" else tiny.talk(number)
        if kind == "call":
            example = type(example)(example.id, example.messages[:2], example.tools, session=example.session)
        made.append(Spoken(example, Rendered((1, 1), (5, *ids), ((1, 1 + len(ids)),))))
    return made


def trace(spoken: Sequence[Spoken], *, wrong: Sequence[int] = (), openings: Any = None) -> Trace:
    """One that says all as it should be said, except at the places ``wrong``."""
    choices = np.array([each.whole[place] for each in spoken for place in each.places()])
    choices[list(wrong)] += 1
    rows = np.zeros((len(spoken), VOCABULARY), np.float32) if openings is None else openings
    return Trace(choices, rows)


def gguf(path: Path, kind: str = "f16", rows: int = 256) -> Path:
    """A file with one matrix of 64 rows in the form ``kind``."""
    import gguf as library

    writer = library.GGUFWriter(path, "llama")
    matrix = np.ones((64, rows), dtype=np.float32)
    if kind == "f16":
        writer.add_tensor("x.weight", matrix.astype(np.float16))
    else:
        form = library.GGMLQuantizationType[kind]
        packed = library.quants.quantize(matrix, form)
        writer.add_tensor("x.weight", packed, raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
