"""Who was right about one decision: its label.

Invariant: a label rests on what the row holds: what was said of it, what its call did, what a teacher chose,
and ``after``, what followed it in its session (``training.labels.following``). Where that is not known,
nothing has survived. An answer is right only where somebody said so or the host's own facts agree; what
failed, timed out, was interrupted, or was refused because nobody was there to ask is nothing at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tools.protocol.calls import ANSWER
from training.labels.reviews import CORRECTED, REFUSED, REWOUND, TAKEN_BACK, WRONG

Row = Mapping[str, Any]
Source = Literal["said", "proved", "taught", "survived", "none"]
Verdict = Literal["positive", "negative", "correction", "nothing"]

HOST = "host"
"""The model of decisions that the program made in the student's place."""
LOOKING = frozenset(
    {"read_file", "list_files", "search_files", "git_diff", "search_docs", "web_search", "fetch_url"}
)
"""Built-in tools that change nothing, so that nothing of theirs can be undone."""
NOBODY_THERE = frozenset({"no terminal to ask", "nobody is here to ask"})
"""Reasons of refusals that no user gave."""
TEACHER_SURE = 0.8
"""Taken for the confidence of a teacher that gave none."""
GOOD_GRADE = 0.8
"""From this grade of a teacher on, an answer that it judged is right."""
WEAK = 0.3
"""The strength of a refusal without a reason."""
SAID, REFUSED_FOR, UNDONE_BY, REWOUND_BY = 1.0, 0.9, 0.8, 0.5
TESTED, STANDS, GROUNDED, APPROVED, SURVIVED = 0.9, 0.8, 0.8, 0.6, 0.5


@dataclass(frozen=True)
class Label:
    """``tool`` and ``arguments`` are the right call of a positive or a correction, ``rejected_*`` the wrong
    one of a negative or a correction. ``reason`` is the user's, ``why`` says in words where this is from.
    ``strength`` is 0 to 1.
    """

    source: Source
    verdict: Verdict
    strength: float = 0.0
    why: str = ""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rejected_tool: str = ""
    rejected_arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    @property
    def is_known(self) -> bool:
        """Whether anything is known of right and wrong."""
        return self.verdict != "nothing"

    def as_json(self) -> dict[str, Any]:
        """What is shown of it beside its decision."""
        return {
            "source": self.source,
            "verdict": self.verdict,
            "strength": round(self.strength, 2),
            "why": self.why,
        }


def label_of(row: Row) -> Label:
    """The label of a decision, by the strongest evidence that there is: said, proved, taught, survived."""
    return _said(row) or _proved(row) or _taught(row) or _survived(row)


def score(row: Row) -> float | None:
    """How well one decision went, 0 to 1: a figure, and nothing to learn from. None where nothing is known.

    By its label; of a teacher's other choice half for the same tool. Of a call that has no label, by whether
    it succeeded, unless what followed speaks against it.
    """
    label = label_of(row)
    if label.verdict == "positive":
        return 1.0
    if label.is_known:
        same = label.source == "taught" and label.tool == row.get("tool_selected")
        return 0.5 if same else 0.0
    success = (row.get("outcome") or {}).get("success")
    if row.get("tool_selected") == ANSWER or (row.get("after") or {}).get("against"):
        return None
    taken_back = (row.get("review") or {}).get("verdict") in TAKEN_BACK
    return None if taken_back or not isinstance(success, bool) else float(success)


def _said(row: Row) -> Label | None:
    """What the user said; None where that leaves it open."""
    review = row.get("review") or {}
    verdict, reason = review.get("verdict"), str(review.get("reason") or "")
    tool, arguments = review.get("corrected_tool"), review.get("corrected_parameters")
    if not isinstance(verdict, str):
        return None
    if verdict in TAKEN_BACK:
        return _taken_back(row, verdict, reason)
    if verdict in WRONG and tool:
        if (tool, arguments) == (row.get("tool_selected"), row.get("tool_parameters")):
            return _right(row, "said", SAID, "you said that it was right")
        return _corrected(row, "said", SAID, "you corrected it", tool, arguments, reason)
    if verdict == REFUSED:
        if reason in NOBODY_THERE:
            return _nothing("nobody was there to ask")
        if reason:
            return _wrong(row, REFUSED_FOR, "you refused it and said why", reason)
        return _wrong(row, WEAK, "you refused it without a reason", "")
    if verdict in ("bad", CORRECTED):
        return _wrong(row, SAID, "you said that it was wrong", reason)
    return _right(row, "said", SAID, "you said that it was right") if verdict == "good" else None


def _taken_back(row: Row, verdict: str, reason: str) -> Label:
    how = "you went back to before it" if verdict == REWOUND else "you took back what it did"
    if row.get("tool_selected") in LOOKING | {ANSWER}:
        return _nothing(how)
    return _wrong(row, REWOUND_BY if verdict == REWOUND else UNDONE_BY, how, reason)


def _proved(row: Row) -> Label | None:
    """What the host or the tests show. What speaks against it afterwards is heard first."""
    outcome, after = row.get("outcome") or {}, row.get("after") or {}
    if outcome.get("success") is not True or after.get("against") or row.get("model") == HOST:
        return None
    if row.get("tool_selected") == ANSWER:
        grounded = outcome.get("grounded") is True and not outcome.get("contradicted")
        return _right(row, "proved", GROUNDED, "the host's own count agrees") if grounded else None
    proof = after.get("proof")
    if proof == "tests":
        return _right(row, "proved", TESTED, "tests passed after it")
    return _right(row, "proved", STANDS, "the file stayed as it wrote it") if proof == "file" else None


def _taught(row: Row) -> Label | None:
    """What a teacher chose in its place, or how it graded an answer."""
    if tool := row.get("teacher_tool"):
        sure, arguments = row.get("teacher_confidence"), row.get("teacher_parameters")
        strength = TEACHER_SURE if sure is None else float(sure)
        if (tool, arguments) == (row.get("tool_selected"), row.get("tool_parameters")):
            return _right(row, "taught", strength, "a teacher chose the same")
        return _corrected(row, "taught", strength, "a teacher chose otherwise", tool, arguments, "")
    grade = row.get("teacher_grade")
    if row.get("tool_selected") == ANSWER and grade is not None and float(grade) >= GOOD_GRADE:
        return _right(row, "taught", float(grade), "a teacher graded it well")
    return None


def _survived(row: Row) -> Label:
    """A call that succeeded, and that nothing spoke against while the session went on."""
    outcome, after = row.get("outcome"), row.get("after") or {}
    if row.get("model") == HOST:
        return _nothing("the host made it")
    if row.get("tool_selected") == ANSWER:
        return _nothing("nobody judged this answer")
    if not outcome:
        return _nothing("it did not run, or its outcome is unknown")
    if outcome.get("success") is not True:
        return _nothing("it failed, which may have other causes")
    if after.get("against"):
        return _nothing(str(after["against"]))
    if not after.get("followed"):
        return _nothing("nothing followed that could have spoken against it")
    approved = (row.get("review") or {}).get("verdict") == "approved"
    strength = APPROVED if approved else SURVIVED
    return _right(row, "survived", strength, "it worked, and nothing spoke against it")


def _nothing(why: str) -> Label:
    return Label("none", "nothing", 0.0, why)


def _right(row: Row, source: Source, strength: float, why: str) -> Label:
    tool, arguments = str(row.get("tool_selected") or ""), dict(row.get("tool_parameters") or {})
    reason = str((row.get("review") or {}).get("reason") or "")
    return Label(source, "positive", strength, why, tool, arguments, reason=reason)


def _wrong(row: Row, strength: float, why: str, reason: str) -> Label:
    tool, arguments = str(row.get("tool_selected") or ""), dict(row.get("tool_parameters") or {})
    return Label(
        "said", "negative", strength, why, rejected_tool=tool, rejected_arguments=arguments, reason=reason
    )


def _corrected(
    row: Row, source: Source, strength: float, why: str, tool: Any, arguments: Any, reason: str
) -> Label:
    chosen = (str(row.get("tool_selected") or ""), dict(row.get("tool_parameters") or {}))
    right = (str(tool), dict(arguments or {}))
    return Label(source, "correction", strength, why, *right, *chosen, reason)
