"""Replies without a call that say what only a call could tell, and what to say instead.

Invariant: of a small student only small talk, questions back, acknowledgements, code that was asked for and
what "a something" is are left alone, and of those nothing that tells a yes or no, a number, a file or a state
of the project which the request does not bring along itself. Pure.
"""

import re

from assistant.agent.facts.words import CHANGES, KIND_OF, NUMBERS, VERB, paths_in

UNKNOWN = "I looked nothing up for that, so I do not know."
NOTHING_NOW = "Nothing was changed just now."
NOT_BEGUN = "Nothing was done for that: I do not know where to begin. Name a file, a test or a command."
_FENCED = re.compile(r"(?ms)^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1[ \t]*$|\Z)")
_LIST_MARK = re.compile(r"(?m)^\s*\d+[.)]\s+")
_TO_THE_ASSISTANT = re.compile(
    r"^\W*(?:(?:can|could|would|will|do|are|may|should) (?:you|i|"
    r"we)\b(?!.*\b(?:change|changed|run|write|written|delete)d?\b)|"
    r"(?:who|what) (?:are|can|is|do) (?:you|your)|how (?:are|do) you|is it ok|shall)",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"^\W*(?:hi|hello|hey|yo|hallo|hola|bonjour|salut|good (?:morning|afternoon|evening|night|day)|"
    r"guten \w+|"
    r"thanks?|thank you|thx|danke|gracias|merci|ok|okay|cool|great|nice|perfect|super|awesome|lovely|"
    r"well done|good (?:job|work)|bye|goodbye|see you|tschüss|adios|never ?mind|sorry|please)\b"
    r"(?:\W+\w+){0,3}\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\W*(?:(?:ok|okay|great|cool|perfect),? )?"
    r"(?:thanks?|thank you|thx|danke|gracias|merci|well done|good (?:job|work)|nice|cool|great|perfect|"
    r"awesome)\b"
    r"(?:\W+(?:you|a lot|very much|so much|again|much|sehr|schön|beaucoup|job|work))?\W*$",
    re.IGNORECASE,
)
_ASKED_BACK = re.compile(r"(?:\w+[.!,] )?(?:[^.!]|\.(?=\w))*\?")
_ACKNOWLEDGED = re.compile(r"^\W*(?:all right|alright|okay|ok|understood|noted)\b", re.IGNORECASE)
_OF_A_KIND = re.compile(r"^\W*what(?:'s| is| are) an? [a-z ]+\W*$", re.IGNORECASE)
_QUESTION = re.compile(
    r"^\W*(?:who|what|where|when|why|how|which|whose|is|are|was|were|do|does|did|has|have|had|can|could|should|"
    r"will|would|wer|was|wo|wann|warum|wie|welche[rsn]?|qu[ée]|cu[aá]l|d[oó]nde|cu[aá]nto[sa]?|c[oó]mo|"
    r"quel\w*|qui|o[uù]|pourquoi|comment|combien)\b|\?\W*$",
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


def is_small_talk(request: str) -> bool:
    """Whether ``request`` greets, thanks or takes leave, and asks for nothing."""
    return _SMALL_TALK.search(request) is not None


def is_thanks(request: str) -> bool:
    """Whether ``request`` thanks or praises, and no more."""
    return _THANKS.search(request) is not None


def instead_of(reply: str, request: str) -> str:
    """What to say instead of ``reply``, which was given without a call; empty where it can stay."""
    prose = _LIST_MARK.sub("", _FENCED.sub("\n", reply)).strip()
    claimed = _I_DID.search(prose)
    if claimed and KIND_OF[claimed["verb"].lower()] in CHANGES:
        return NOTHING_NOW
    if not claimed and not _is_unfounded(prose, request) and _may_talk(reply, prose, request):
        return ""
    return UNKNOWN if _QUESTION.search(request) else NOT_BEGUN


def _may_talk(reply: str, prose: str, request: str) -> bool:
    """Whether ``request`` can be answered without a look at the project."""
    return bool(
        _ASKED_BACK.fullmatch(prose)
        or is_small_talk(request)
        or _TO_THE_ASSISTANT.search(request)
        or _ACKNOWLEDGED.match(prose)
        or _OF_A_KIND.match(request)
        or _FENCED.search(reply)
    )


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
