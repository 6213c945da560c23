"""Replies without a call that say what only a call could tell, and what to say instead.

Invariant: small talk, questions back, code and general explanations are left alone; a yes or no, a number, a
file or a state of the project that the request does not bring along itself is not. Pure.
"""

import re

from assistant.agent.facts.words import CHANGES, KIND_OF, NUMBERS, VERB, paths_in

UNKNOWN = "I looked nothing up for that, so I do not know."
NOTHING_NOW = "Nothing was changed just now."
_FENCED = re.compile(r"(?ms)^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[ \t]*$|\Z)")
_LIST_MARK = re.compile(r"(?m)^\s*\d+[.)]\s+")
_TO_THE_ASSISTANT = re.compile(
    r"^\W*(?:(?:can|could|would|will|do|are|may|should) (?:you|i|"
    r"we)\b(?!.*\b(?:change|changed|run|write|written|delete)d?\b)|"
    r"(?:who|what) (?:are|can|is|do) (?:you|your)|how (?:are|do) you|is it ok|shall)",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"^\W*(?:yes|no|yep|yeah|nope|correct|true|false|it (?:is|does|has|was)|they (?:are|do|have|were))\b",
    re.I,
)
_DONE = re.compile(
    r"^\W*(?:all |it's |it is |that's |it |that )?"
    r"(?:done|finished|works|worked|fixed|completed?|updated|saved|ready)\b",
    re.IGNORECASE,
)
_I_DID = re.compile(rf"\bI(?:'ve| have)?\s+(?:just |already |also )?(?P<verb>{VERB})\b", re.IGNORECASE)
_STATE = re.compile(
    r"\b(?:the|this|your|its?|that)\s+(?:\w+\s+){0,2}?\w+\s+(?:is|are|was|were|has|have|uses?|contains?|pass\w*|"
    r"fail\w*|runs?|says?|returns?|does|defines?|starts?|works?|lists?|applies|takes|means|gives|holds|lies|lives)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"\b(?:one|{'|'.join(word for word, number in NUMBERS.items() if number > 1)})\s+"
    r"(?:files?|tests?|lines?|todos?|matches|functions?|class(?:es)?|errors?|changes?)\b",
    re.IGNORECASE,
)


def instead_of(reply: str, request: str) -> str:
    """What to say instead of ``reply``, which was given without a call; empty where it can stay."""
    prose = _LIST_MARK.sub("", _FENCED.sub("\n", reply)).strip()
    claimed = _I_DID.search(prose)
    if claimed and KIND_OF[claimed["verb"].lower()] in CHANGES:
        return NOTHING_NOW
    return UNKNOWN if claimed or _is_unfounded(prose, request) else ""


def _is_unfounded(prose: str, request: str) -> bool:
    if not prose or prose.endswith("?"):
        return False
    talks = _TO_THE_ASSISTANT.search(request) is not None
    if _DONE.match(prose) or (_YES_NO.match(prose) and not talks):
        return True
    if re.search(r"\b[A-Za-z][^\W_]*_\w+", prose):  # a name of the project's code
        return True
    known = request.lower()
    if any(number not in known for number in re.findall(r"\d+", prose)) or _COUNTED.search(prose):
        return True
    if any(path.lower() not in known for path in paths_in(prose)):
        return True
    return not talks and _STATE.search(prose) is not None
