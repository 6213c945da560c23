"""Which vectors know that two requests mean the same: of letters, word pieces, MiniLM, or the student itself.

Each first wording of ``PAIRS`` looks for its second one among all of them, and the other way round. The
student's vector is the mean of its last hidden states over the words of a request.

    .venv/bin/python benchmarks/embedders.py
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import llama_cpp
import numpy as np
from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from training.curation.base import CurationError
from training.curation.embedding import LETTERS, MINILM, STATIC, embedder_of, normal
from training.student.engine import hush
from training.student.gguf import model_path
from training.student.loading import model_parameters
from training.student.vocabulary import Vocabulary

if TYPE_CHECKING:
    from training.curation.base import Vectors

PAIRS = (
    ("open the readme", "show me what README.md says"),
    ("what changed since the last commit", "git differences please"),
    ("run the test suite", "are all tests passing?"),
    ("find where parse_config is defined", "locate the definition of parse_config"),
    ("create a file notes.txt with hello", "write hello into a new notes.txt"),
    ("list the files in src", "what is in the src folder"),
    ("rename foo to bar in a.py", "in a.py replace foo by bar"),
    ("how much is 17 * 23", "compute 17 times 23"),
    ("search the web for asyncio timeouts", "look up asyncio timeouts online"),
    ("delete the build directory", "remove the folder build"),
    ("fetch https://example.org", "download the page example.org"),
    ("docs of os.path.join", "how does os.path.join work"),
    ("which python version is installed", "tell me the version of python here"),
    ("explain this traceback", "why did this error happen"),
    ("install requests", "add the package requests"),
    ("commit my work", "save the changes in git"),
)
WINDOW = 512
Embed = Callable[[Sequence[str]], "Vectors"]


def by_student() -> Embed:
    """The embedded student's hidden states, (texts, width), by a context of its own that pools them."""
    hush()
    llama_cpp.llama_backend_init()
    path = str(model_path("embedded")).encode()
    model = llama_cpp.llama_model_load_from_file(path, model_parameters())
    vocabulary, width = Vocabulary(model), llama_cpp.llama_model_n_embd(model)
    options = llama_cpp.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = WINDOW
    options.embeddings, options.pooling_type = True, llama_cpp.LLAMA_POOLING_TYPE_MEAN
    context = llama_cpp.llama_init_from_model(model, options)

    def vector(text: str) -> "Vectors":
        tokens = vocabulary.tokenize(text)
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))):
            raise RuntimeError(f"llama.cpp could not evaluate {text!r}")
        return np.ctypeslib.as_array(llama_cpp.llama_get_embeddings_seq(context, 0), (width,)).copy()

    return lambda texts: np.stack([vector(text) for text in texts])


def found(first: "Vectors", second: "Vectors") -> int:
    """How many of both find their own other wording as the nearest one."""
    near = normal(first) @ normal(second).T
    own = np.arange(len(near))
    return int((near.argmax(axis=1) == own).sum() + (near.argmax(axis=0) == own).sum())


def main() -> None:
    """A row for each."""
    given = parser(__doc__ or "").parse_args()
    first, second = ([pair[side] for pair in PAIRS] for side in (0, 1))
    student = by_student()
    middle = student([*first, *second]).mean(axis=0)
    ways: dict[str, Callable[[], Embed]] = {
        LETTERS: lambda: embedder_of(LETTERS).embed,
        STATIC: lambda: embedder_of(STATIC).embed,
        "student": lambda: student,
        "student, centred": lambda: lambda texts: student(texts) - middle,
        MINILM: lambda: embedder_of(MINILM).embed,
    }
    rows = []
    for name, make in ways.items():
        try:
            embed = make()
        except CurationError as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            continue
        embed(first[:1])
        begun = time.perf_counter()
        hits = found(embed(first), embed(second))
        each = (time.perf_counter() - begun) / (2 * len(PAIRS)) * 1000
        rows.append({"vectors of": name, "found": hits, "of": 2 * len(PAIRS), "ms a request": round(each, 2)})
    report("The other wording of a request", rows, {}, given.json)


if __name__ == "__main__":
    main()
