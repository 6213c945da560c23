"""The checks of the conversion gate, one function each: what was measured, its bound, and the verdict.

Invariant: a check that could not measure anything has failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.export.quantise import K_ROW
from training.export.template import tensors_of
from training.export.traces import Spoken, Trace, wanted
from training.models.digest import sha256_of_file

NEAR, FAR = 0.99, 0.97
"""Least agreement: in 16 bits, and quantised."""
METRIC_FALL = 0.01
LEAST_CHANGE, LEAST_ARRIVED = 0.05, 0.9
ENDS = 0.95
NOT_MEASURED = "not measured"
"""The figure where there was nothing to measure."""
BITS = {"f16": (16.0, 16.1), "Q8_0": (8.5, 8.6), "Q5_K_M": (5.2, 6.2), "Q4_K_M": (4.4, 5.4)}
"""What a weight takes, at least and at most; in K-quants some tensors are stored in a larger type."""


@dataclass(frozen=True)
class Check:
    """``figure`` was measured, ``bound`` is what it is held against, ``said`` tells more in words."""

    name: str
    passed: bool
    figure: float | str
    bound: str
    said: str = ""


def agreement(trace: Trace, reference: Trace, least: float) -> Check:
    """Whether the same is said as by the weights that were trained, greedily."""
    same = trace.choices == reference.choices
    said = f"{int(same.sum()):,} of {len(same):,} ids that are to be said"
    bound = f"at least {least:.0%}"
    if not len(same):
        return Check("agreement", False, NOT_MEASURED, bound, said)
    share = float(same.mean())
    return Check("agreement", share >= least, round(share, 4), bound, said)


def right(trace: Trace, all_spoken: Sequence[Spoken]) -> float:
    """The share of decisions that are right: of a call every id, of an answer that it is one."""
    decided, at = [], 0
    hits = trace.choices == wanted(all_spoken)
    for each in all_spoken:
        calls = bool(each.example.messages[-1].calls)
        for start, stop in each.ids.trained:
            one = hits[at : at + stop - start]
            at += stop - start
            is_last = stop == len(each.ids.ids)
            decided.append(bool(one[0]) if is_last and not calls else bool(one.all()))
    return sum(decided) / len(decided)


def metric(trace: Trace, reference: Trace, all_spoken: Sequence[Spoken]) -> Check:
    """Whether as many decisions are right as before the conversion."""
    after, before = right(trace, all_spoken), right(reference, all_spoken)
    said = f"{after:.1%} of the decisions right, {before:.1%} before"
    passed = after >= before - METRIC_FALL - 1e-9
    return Check("decisions", passed, round(after - before, 4), f"falls by at most {METRIC_FALL:.0%}", said)


def change(trace: Trace, reference: Trace, base: Trace) -> Check:
    """Whether what training changed is in the file, and at its right scale."""
    trained = reference.openings - base.openings
    here = trace.openings - base.openings
    size = float(abs(here).mean())
    arrived = float((here * trained).sum() / max(float((trained * trained).sum()), 1e-9))
    passed = size >= LEAST_CHANGE and LEAST_ARRIVED <= arrived <= 2 - LEAST_ARRIVED
    bound = f"{LEAST_ARRIVED:g} to {2 - LEAST_ARRIVED:g} of it"
    said = f"logits differ from the base's by {size:.2f} on average"
    return Check("training is in", passed, round(arrived, 3), bound, said)


def ends(trace: Trace, all_spoken: Sequence[Spoken]) -> Check:
    """Whether a call is ended by the token that ends a turn, where all before it is as it should be."""
    ended, at = [], 0
    for each in all_spoken:
        for start, stop in each.ids.trained:
            at += stop - start
            if stop < len(each.ids.ids) or each.example.messages[-1].calls:
                ended.append(bool(trace.choices[at - 1] == each.ids.ids[stop - 1]))
    bound = f"at least {ENDS:.0%}"
    if not ended:
        return Check("end token", False, NOT_MEASURED, bound, "no call is among the examples")
    share = sum(ended) / len(ended)
    said = f"behind {sum(ended)} of {len(ended)} calls"
    return Check("end token", share >= ENDS, round(share, 4), bound, said)


def size(path: Path, quantisation: str) -> Check:
    """Whether the file is whole and its weights take the bits that its quantisation promises."""
    tensors = tensors_of(path).values()
    odd = any(len(one.shape) == 2 and int(one.shape[0]) % K_ROW for one in tensors)
    least, most = BITS[quantisation]
    if odd and quantisation.endswith("_M"):
        most = BITS["Q8_0"][1]
    held = sum(int(one.n_bytes) for one in tensors)
    bits = 8 * held / max(sum(int(one.n_elements) for one in tensors), 1)
    passed = least <= round(bits, 1) <= most and path.stat().st_size >= held
    bound = f"{least:g} to {most:g} bits per weight"
    return Check("size", passed, round(bits, 2), bound, f"{path.stat().st_size / 1e6:.1f} MB")


def digest(path: Path) -> Check:
    """What the file is known by from here on; the registry holds it against that."""
    found = sha256_of_file(path)
    return Check("sha256", True, found, "the same in the registry")
