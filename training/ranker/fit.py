"""Fitting the ranker: one logistic regression for each tool over hashed features, by scikit-learn.

Invariant: the same examples give the same model. A request speaks for the tools that were right for it, and
against every other tool; where a person only refused a tool, it speaks against that tool and says nothing of
the rest. A tool with too little evidence gets no weights and is ranked by its description.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.selection.features import BUCKETS, buckets
from tools.selection.model import RARITY_STEPS, RankerModel
from tools.selection.similarity import SharedWords
from training.ranker.examples import Example

LEAST_EVIDENCE = 5
INVERSE_REGULARISATION = 30.0
LARGEST_BYTE = 255
LARGEST_WEIGHT = 127
CALIBRATED_ON = 1000


class FitError(Exception):
    """The ranker cannot be fitted: one line, why and what to do."""


def fit(
    examples: Sequence[Example],
    described: Sequence[Signature],
    facts: dict[str, Any] | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> RankerModel:
    """A model of ``examples``. ``described`` are tools whose descriptions teach what likeness is worth.

    ``on_progress`` is told after each tool how many of how many are done. Raises FitError.
    """
    try:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        from sandbox.packages import install_extra

        raise FitError(f"fitting needs scikit-learn: {install_extra('train')}") from error
    evidence = Counter(tool for example in examples for tool in example.right)
    tools = [tool for tool, count in evidence.items() if count >= LEAST_EVIDENCE]
    if len(tools) < 2:
        raise FitError(f"two tools need {LEAST_EVIDENCE} requests each that they were right for")
    matrix = _matrix([example.request for example in examples])
    weights = np.zeros((BUCKETS, len(tools)))
    biases = np.zeros(len(tools))
    for column, tool in enumerate(tools):
        targets, weight = _targets(examples, tool)
        counted = weight > 0
        regression = LogisticRegression(C=INVERSE_REGULARISATION, solver="liblinear", random_state=0)
        regression.fit(matrix[counted], targets[counted], sample_weight=weight[counted])
        weights[:, column], biases[column] = regression.coef_[0], regression.intercept_[0]
        on_progress(column + 1, len(tools))
    scales = np.maximum(np.abs(weights).max(axis=0) / LARGEST_WEIGHT, 1e-9)
    rarity = _rarity(matrix)
    slope, offset = _calibrated(examples, described, rarity)
    return RankerModel(
        tools=tuple(tools),
        weights=np.round(weights / scales).astype(np.int8).tobytes(),
        scales=tuple(round(float(scale), 9) for scale in scales),
        biases=tuple(round(float(bias), 6) for bias in biases),
        rarity=rarity,
        slope=slope,
        offset=offset,
        evidence={tool: evidence[tool] for tool in tools},
        facts=facts or {},
    )


def _matrix(requests: Sequence[str]) -> Any:
    """Shape (requests, BUCKETS): how often each feature occurs, by the root of how many there are."""
    import numpy as np
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for request in requests:
        found = buckets(request)
        columns += found
        values += [1 / math.sqrt(len(found))] * len(found)
        starts.append(len(columns))
    matrix = csr_matrix((values, columns, starts), shape=(len(requests), BUCKETS), dtype=np.float64)
    matrix.sum_duplicates()
    return matrix


def _targets(examples: Sequence[Example], tool: str) -> tuple[Any, Any]:
    """For each example whether ``tool`` is right, and how much that counts; 0 where nothing is known."""
    import numpy as np

    targets = np.array([tool in example.right for example in examples])
    weights = [
        example.right.get(tool) or example.wrong.get(tool) or max(example.right.values(), default=0.0)
        for example in examples
    ]
    return targets, np.array(weights)


def _rarity(matrix: Any) -> bytes:
    """The smoothed inverse document frequency of each bucket, in steps of 1/16."""
    import numpy as np

    documents = matrix.shape[0]
    frequency = np.asarray((matrix > 0).sum(axis=0)).ravel()
    values = (np.log((1 + documents) / (1 + frequency)) + 1) * RARITY_STEPS
    return bytes(np.clip(np.round(values), 1, LARGEST_BYTE).astype(np.uint8).tobytes())


def _calibrated(
    examples: Sequence[Example], described: Sequence[Signature], rarity: bytes
) -> tuple[float, float]:
    """What likeness is worth: a logistic regression of rightness on it, over the described tools."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    tools = [tool for tool in described if tool.name != ANSWER]
    plain = SharedWords(rarity, slope=1.0, offset=0.0)
    step = max(1, len(examples) // CALIBRATED_ON)
    sample = [example for example in examples[::step] if example.right]
    likeness = [plain.likeness(example.request, tools) for example in sample]
    right = [[tool.name in example.right for tool in tools] for example in sample]
    cosines, targets = np.array(likeness).reshape(-1, 1), np.array(right).ravel()
    if not targets.any() or targets.all():
        raise FitError("no request fits a tool that is described")
    regression = LogisticRegression(C=100.0).fit(cosines, targets)
    return round(float(regression.coef_[0][0]), 4), round(float(regression.intercept_[0]), 4)
