"""Fitting the ranker to a person's own decisions, and finding out whether that helps.

Invariant: what judges is never what was learned from: whole sessions are held out, and the ranker that is
measured was fitted without them. The one to use is then fitted on everything.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zlib import crc32

from tools.protocol.messages import Signature
from tools.selection.model import RankerModel, shipped_model
from tools.selection.ranker import Ranker
from training.ranker.examples import Example, Row, examples_of
from training.ranker.fit import fit
from training.ranker.seed import seed_examples

NEWEST_ROWS = 100_000
HELD_OUT_PART = 5
LEAST_HELD_OUT = 10
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Accuracy:
    """Shares of requests whose right tool came first, and among the first three."""

    requests: int
    top1: float
    top3: float


@dataclass(frozen=True)
class Refit:
    """A fitted model. ``fitted`` and ``shipped`` are on held-out sessions, None where those are too few."""

    model: RankerModel
    from_log: int
    fitted: Accuracy | None
    shipped: Accuracy | None

    @property
    def helps(self) -> bool:
        """Whether it is at least as good as the shipped one, as far as that could be told."""
        if self.fitted is None or self.shipped is None:
            return self.from_log > 0
        return (self.fitted.top3, self.fitted.top1) >= (self.shipped.top3, self.shipped.top1)


def newest_examples(rows: Iterable[Row]) -> list[Example]:
    """The examples in the newest decisions; ``rows`` come newest first."""
    return examples_of(islice(rows, NEWEST_ROWS))


def refit(
    learned: Sequence[Example], tools: Sequence[Signature], on_progress: Progress = lambda done, total: None
) -> Refit:
    """A ranker of the seed and of what was ``learned``; ``tools`` are offered to it. Raises FitError."""
    seed = seed_examples()
    judging = [example for example in learned if example.best and held_out(example.group)]
    rest = [example for example in learned if not held_out(example.group)]
    fitted = shipped = None
    if len(judging) >= LEAST_HELD_OUT:
        model = fit([*seed, *rest], tools, on_progress=lambda done, all_: on_progress(done, 2 * all_))
        fitted = accuracy(Ranker(model), judging, tools)
        shipped = accuracy(Ranker(shipped_model()), judging, tools)
    facts = {
        "made_from": "the decision log",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "requests": len(seed) + len(learned),
        "from_log": len(learned),
    }
    whole = fit([*seed, *learned], tools, facts, lambda done, all_: on_progress(all_ + done, 2 * all_))
    return Refit(whole, len(learned), fitted, shipped)


def accuracy(ranker: Ranker, examples: Sequence[Example], tools: Sequence[Signature]) -> Accuracy:
    """How often a tool that was right came first, over examples that have one."""
    known = {tool.name for tool in tools}
    others = {tool for example in examples for tool in example.right if tool not in known}
    offered = [*tools, *(Signature(name, "", {"type": "object"}) for name in sorted(others))]
    first = three = 0
    for example in examples:
        names = [one.tool for one in ranker.rank(example.request, offered)[:3]]
        first += names[0] in example.right
        three += any(name in example.right for name in names)
    return Accuracy(len(examples), first / len(examples), three / len(examples))


def held_out(group: str) -> bool:
    """Whether a session judges: one in five, the same ones every time."""
    return crc32(group.encode("utf-8", "replace")) % HELD_OUT_PART == 0
