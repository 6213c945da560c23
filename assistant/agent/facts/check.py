"""Whether a reply claims what the record does not have.

Invariant: rules over facts, no model. A claim is held against the turn's own record; where the turn did
nothing of the kind, against that of the turns before it. In doubt there is no contradiction.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.outcomes import wrong_outcome
from assistant.agent.facts.record import Facts, Ran
from assistant.agent.facts.runs import of_kind, programs, run_kind
from assistant.agent.facts.sentences import Clause, clauses
from assistant.agent.facts.summary import NOTHING_CHANGED, change_sentence, ran_sentence
from assistant.agent.facts.words import (
    BASE,
    BASE_KIND,
    CHANGES,
    KIND_OF,
    NUMBER,
    VERB,
    number,
    paths_in,
    same_file,
)

_ADVERBS = (
    r"(?:(?:just|also|already|now|successfully|then|finally|carefully|all|both|since|only|even|simply|first|"
    r"went ahead and|gone ahead and|thus|therefore|recently|automatically)\s+)*"
)
_FIRST_PERSON = re.compile(
    rf"\b(?:I|we)(?:'ve|\s+have|\s+had)?\s+{_ADVERBS}(?P<verb>{VERB})\b", re.IGNORECASE
)
_ABLE = re.compile(
    rf"\b(?:I|we)\s+(?:(?:was|were|am)\s+able|managed)\s+to\s+{_ADVERBS}(?P<base>{BASE})\b", re.IGNORECASE
)
_JOINED = re.compile(rf"(?:,|\band|,\s*and|\bthen)\s+{_ADVERBS}(?P<verb>{VERB})\b", re.IGNORECASE)
_ELLIPTIC = re.compile(
    rf"^(?:successfully\s+|just\s+|now\s+|and\s+|also\s+)?(?!(?:run|set|put|read|split)\b)(?P<verb>{VERB})\b"
    r"(?!\s+(?:is|are|by)\b)",
    re.I,
)
_PASSIVE = re.compile(
    rf"\b(?P<aux>(?:has|have|had)\s+{_ADVERBS}been|'s\s+been|'ve\s+been|was|were|(?:is|are)\s+now|is|are|gets?|got)"
    rf"\s+{_ADVERBS}(?P<verb>{VERB})\b",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"\b(?:(?:is|are|contains?|has|have|holds?|uses?|returns?|reads?|says|exists?|works?)\b.*\bnow\b"
    r"|now\s+(?:contains?|has|have|holds?|uses?|returns?|reads?|says|exists?|set|called|works?)\b"
    r"|(?:is|are)\s+(?:ready|in place|gone|complete)\b|is\s+(?:saved|stored|fixed|resolved)\b)",
    re.IGNORECASE,
)
_GONE = re.compile(r"\bgone\b", re.IGNORECASE)
_DONE = re.compile(
    r"^(?:all |it's |it is |that's |everything(?:'s| is) |and )?(?:done|finished|complete)\b", re.I
)
_BLOCKERS = re.compile(
    r"\b(?:will|'ll|would|could|should|can|may|might|must|shall|cannot|going to|want(?:ed|s)? (?:me )?to|"
    r"needs? to|have to|let me|let's|if|when|whenever|once|unless|until|before|after (?:you|that)|please|"
    r"(?:make|be) sure|ensure|recommend|suggest|tr(?:y|ied|ying) to|attempt(?:ed)?|planned|plan|about to|"
    r"allow|how to|says?|said|states?|according to|depends|as soon as|wait|until|example|described?|"
    r"(?:each|every) time|always|usually|typically|in general|no longer need|wish|hope|think|believe|"
    r"assume|probably)\b"
    r"|n't\b|\bcan't\b|^to\s+\w+",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|never|nothing|none|neither|nor|no|without|unable|couldn't|\w+n't)\b", re.I)
_PAST_OF_OTHERS = re.compile(
    r"\bby\s+(?:[A-Z]\w+|the\s+(?:last|previous|author|user|team|commit|maintainer)|someone|you\b|\w+\(\))"
    r"|\b(?:in|since|as of|for|with)\s+(?:(?:version|release|python|commit|node|v)\s*v?\d|\d{4}\b)"
    r"|\b(?:ago|yesterday|originally|previously|formerly|earlier|first released)\b"
    r"|\blast (?:week|month|year|commit)\b"
    r"|\b(?:in|on)\s+(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_RELATIVE = re.compile(r"\b(?:that|which|who|what|where|whatever)\s*$", re.IGNORECASE)
_OF_THE_WORKSPACE = re.compile(
    r"\b(?:files?|folders?|director(?:y|ies)|functions?|bugs?|code|tests?|changes?|edits?|lines?|readme|branch|"
    r"dependenc(?:y|ies)|imports?|config(?:uration)?|projects?|packages?|modules?|class(?:es)?|it|they|this|that|"
    r"everything|errors?|problems?|issues?|typos?|numbers?|lists?|contents?|constant|variable|migrations?|"
    r"servers?|todos?|commands?|scripts?|values?|section|entr(?:y|ies)|database|loop|methods?)\b",
    re.IGNORECASE,
)
_UNDONE = re.compile(r"\b(?:undone|undid|took back|taken back|reverted)\b", re.IGNORECASE)
_ANYTHING = re.compile(
    r"\b(?:nothing|anything|any (?:\w+ )?(?:files?|changes?)|no (?:\w+ )?(?:files?|changes?))\b", re.I
)
_VAGUE = frozenset({"made", "turned", "set", "split", "sorted", "completed", "finished"})
_A_CHANGE = re.compile(r"\b(?:changes?|edits?|it|file|fix|updates?|modifications?|to|up)\b", re.IGNORECASE)
"""What makes a vague verb one of changing files: "made the change", and not "made a note"."""
_WRITES = frozenset({"write_file", "edit_file"})
_READS = frozenset({"read_file", "search_files", "search_docs", "fetch_url", "web_search"})
_PROGRAM = re.compile(
    r"\b(?:pytest|ruff|mypy|eslint|flake8|pylint|pyright|prettier|jest|cargo|npm|tox|nox)\b", re.I
)
_EVIDENCE = {
    "commit": r"\bgit\b.*\b(?:commit|push|add|stage|tag|checkout|switch|rebase|cherry-pick|stash|merge|revert"
    r"|am)\b",
    "install": r"\b(?:install|add|update|upgrade|get|sync|i)\b",
}


@dataclass(frozen=True)
class Contradiction:
    """A sentence of the reply that the record contradicts, and what the record says instead."""

    sentence: str
    instead: str


@dataclass(frozen=True)
class _Claim:
    """``kind`` of something that is said to have been done, and the ``text`` that says to what."""

    kind: str
    text: str
    clause: Clause
    verb: str = ""


def check(reply: str, facts: Facts, earlier: Sequence[Facts] = ()) -> list[Contradiction]:
    """The sentences of ``reply`` that ``facts`` contradict; ``earlier`` are those of the turns before."""
    found: dict[str, Contradiction] = {}
    for clause in clauses(reply):
        instead = _wrong(clause, facts, earlier)
        if instead and clause.sentence not in found:
            found[clause.sentence] = Contradiction(clause.sentence, instead)
    return list(found.values())


def _wrong(clause: Clause, facts: Facts, earlier: Sequence[Facts]) -> str:
    """What the record says instead of ``clause``; empty where it does not contradict it."""
    for wrong in (_wrong_negative, wrong_outcome):
        if instead := wrong(clause.text, facts, earlier):
            return instead
    return next(
        (instead for claim in _claims(clause, facts) if (instead := _refuted(claim, facts, earlier))), ""
    )


def _claims(clause: Clause, facts: Facts) -> Iterator[_Claim]:
    """What ``clause`` says was done in this turn."""
    text = clause.text
    if facts.undone and _UNDONE.search(text):
        return
    first = _FIRST_PERSON.search(text)
    if able := _ABLE.search(text):
        base = able["base"].lower()
        yield _Claim(BASE_KIND.get(base, "change"), text[able.end() :], clause)
    elif first and not _BLOCKERS.search(text[: first.start()]):
        starts = [first, *(one for one in _JOINED.finditer(text, first.end()))]
        for one, following in pairwise([*starts, None]):
            assert one is not None
            rest = text[one.end() : following.start() if following else len(text)]
            yield _Claim(KIND_OF[one["verb"].lower()], rest, clause, one["verb"].lower())
    elif (one := _ELLIPTIC.search(text)) and not re.search(r"\b(?:is|are|can|will)\b", text[one.end() :]):
        if not _DONE.search(text):
            yield _Claim(KIND_OF[one["verb"].lower()], text[one.end() :], clause, one["verb"].lower())
    elif passive := _passive(text, facts):
        yield _Claim(KIND_OF[passive["verb"].lower()], text, clause, passive["verb"].lower())
    elif (state := _STATE.search(text)) and _is_claimed_state(text, state, facts):
        gone = _GONE.search(text, state.start()) and any(one.kind == "deleted" for one in facts.changed)
        yield _Claim("delete" if gone else "change", text, clause)
    if _DONE.search(text):
        yield _Claim("done", text, clause)


def _passive(text: str, facts: Facts) -> re.Match[str] | None:
    """A passive that says that something was done now, and not what code does or what once happened."""
    match = _PASSIVE.search(text)
    if match is None or _NEGATED.search(text[: match.end()]) or _BLOCKERS.search(text[: match.start()]):
        return None
    subject, aux = text[: match.start()], " ".join(match["aux"].lower().split())
    if _RELATIVE.search(subject) or _PAST_OF_OTHERS.search(text) or re.match(r"you\b", text, re.I):
        return None
    if any(
        one.tool == "git_diff" or re.match(r"git (?:log|show|diff|status|blame)", one.what)
        for one in facts.ran
    ):
        return None
    stopped = [one.what for one in (*facts.refused, *facts.failed)]
    named = any(same_file(said, what) for said in paths_in(text) for what in stopped)
    if aux in ("is", "are", "gets", "get", "got"):
        return match if named or match["verb"].lower() in ("fixed", "resolved", "done") else None
    if aux in ("was", "were") and not stopped and any(one.tool in _READS for one in facts.ran):
        return None
    return match if paths_in(text) or _OF_THE_WORKSPACE.search(subject) else None


def _is_claimed_state(text: str, state: re.Match[str], facts: Facts) -> bool:
    before = text[: state.end()]
    if _NEGATED.search(before) or _BLOCKERS.search(before) or re.match(r"you\b", text, re.I):
        return False
    looked = any(one.tool in _READS or one.tool in ("git_diff", "list_files") for one in facts.ran)
    stopped = facts.refused or facts.failed
    known = bool(_OF_THE_WORKSPACE.search(text) or paths_in(text) or stopped)
    return known and (bool(stopped) or not looked) and not re.search(r"\btests?\b|\bsuite\b", text, re.I)


def _refuted(claim: _Claim, facts: Facts, earlier: Sequence[Facts]) -> str:
    if claim.kind == "done":
        did = facts.changed or any(one.success for one in facts.ran)
        return _told(facts) if (facts.refused or facts.failed) and not did else ""
    if claim.kind in CHANGES:
        return _refuted_change(claim, facts, earlier)
    known = facts if "just" in claim.clause.text.split() else _with_earlier(facts, earlier)
    if claim.kind == "look":
        return _refuted_look(claim, known)
    return _refuted_run(claim, known)


def _refuted_change(claim: _Claim, facts: Facts, earlier: Sequence[Facts]) -> str:
    stopped = any(one.tool in _WRITES for one in (*facts.refused, *facts.failed))
    now = stopped or facts.changed or "just" in claim.clause.text.split()
    changed = facts.changed if now else _with_earlier(facts, earlier).changed
    if claim.verb in _VAGUE and not _A_CHANGE.search(claim.text):
        return ""
    if re.match(r"\s+no\b", claim.text):
        return ""
    fitting = [one for one in changed if _fits(claim.kind, one)]
    said = paths_in(claim.text)
    if claim.kind == "delete" and said and claim.text.strip(" `").startswith(said[0]):
        fitting = [one for one in fitting if one.kind == "deleted"]
    wanted = said if claim.kind == "rename" or _listed(claim.text, said) else said[:0]
    if not fitting:
        return _told(facts)
    known = [[one for one in fitting if same_file(path, one.path)] for path in said]
    if (said and not any(known)) or (wanted and not all(known)):
        return _told(facts)
    return _wrong_number(claim, [one for each in known for one in each] or fitting, facts)


def _fits(kind: str, change: Changed) -> bool:
    """Whether ``change`` can be what a verb of that kind speaks of."""
    if kind == "delete":
        return change.kind == "deleted" or bool(change.removed)
    return kind == "rename" or change.kind != "deleted"


def _listed(text: str, said: Sequence[str]) -> bool:
    """Whether the paths are members of one list, so that each of them is claimed."""
    if len(said) < 2:
        return False
    between = text[text.find(said[0]) + len(said[0]) : text.rfind(said[-1])]
    for path in said[1:-1]:
        between = between.replace(path, "")
    return not re.sub(r"\band\b|,|&|\bthe\b|\s|`|\(.*?\)", "", between)


def _wrong_number(claim: _Claim, changed: Sequence[Changed], facts: Facts) -> str:
    files = re.search(rf"\b({NUMBER})\s+(?:new\s+|more\s+|other\s+)?files?\b", claim.text, re.IGNORECASE)
    if files and not re.search(r"\b(?:of|in|to)\s+$", claim.text[: files.start()]):
        kinds = {"create": ("created",), "delete": ("deleted",)}.get(claim.kind)
        count = sum(kinds is None or one.kind in kinds for one in facts.changed)
        if facts.changed and number(files[1]) != count:
            return _told(facts)
    lines = re.search(rf"\b({NUMBER})\s+(?:new\s+|more\s+)?lines?\b", claim.text, re.IGNORECASE)
    if lines and all(one.added is not None for one in changed):
        added, removed = sum(one.added or 0 for one in changed), sum(one.removed or 0 for one in changed)
        possible = {added, removed, added + removed, max(added, removed), *(one.added for one in changed)}
        if number(lines[1]) not in possible:
            return _told(facts)
    only = re.search(r"\bonly\b", claim.clause.text, re.IGNORECASE)
    said = paths_in(claim.text)
    if only and said and any(not any(same_file(path, one.path) for path in said) for one in facts.changed):
        return _told(facts)
    return ""


def _refuted_run(claim: _Claim, facts: Facts) -> str:
    ran = programs(facts.ran)
    if claim.kind in _EVIDENCE:
        fitting = [one for one in ran if one.success and re.search(_EVIDENCE[claim.kind], one.what)]
        verb = "committed" if claim.kind == "commit" else "installed"
        return "" if fitting else f"Nothing was {verb}."
    for command in claim.clause.commands:
        if not any(command.split()[0] in one.what or command.split()[0] in one.tool for one in ran):
            return f"`{command}` was not run."
    name = _PROGRAM.search(claim.text)
    if name and not any(
        name[0].lower() in (one.what.lower(), one.runner) or name[0].lower() in one.what.lower()
        for one in ran
    ):
        return f"{name[0]} was not run."
    kind = run_kind(claim.text)
    if kind and claim.verb in (
        "ran",
        "run",
        "executed",
        "invoked",
        "tested",
        "verified",
        "validated",
        "built",
    ):
        names = {"tests": "No tests were", "lint": "No linter was", "build": "No build was"}
        return "" if of_kind(ran, kind) else f"{names[kind]} run."
    return "" if ran else "Nothing was run."


def _refuted_look(claim: _Claim, facts: Facts) -> str:
    if claim.verb == "found" or (not facts.ran and not claim.text.strip()):
        return (
            ""
            if facts.ran or (claim.verb == "found" and not re.search(NUMBER, claim.text))
            else "Nothing was searched."
        )
    if not facts.ran:
        return "Nothing was read."
    if any(one.tool == "run_shell" for one in facts.ran):
        return ""
    broad = any(one.tool in ("search_files", "list_files", "git_diff") for one in facts.ran)
    for path in paths_in(claim.text):
        if not any(same_file(path, one.what) for one in facts.ran) and not (broad and claim.verb != "read"):
            return f"{path} was not read."
    if claim.verb in ("read", "opened") and not any(
        one.tool in _READS - {"search_files"} for one in facts.ran
    ):
        return "Nothing was read."
    return ""


def _wrong_negative(text: str, facts: Facts, _: Sequence[Facts]) -> str:
    """What the record says instead of "nothing was changed" and the like."""
    denied = re.search(
        rf"\b(?:(?:did|have|has|was|were|could)(?:\s+not|n't)|unable\s+to|never)\s+(?:\w+\s+){{0,2}}?(?P<verb>{BASE}|{VERB})\b",
        text,
        re.IGNORECASE,
    )
    none = _ANYTHING.search(text)
    if not denied and not (none and re.search(rf"\b(?P<verb>{VERB})\b", text, re.IGNORECASE)):
        failed = re.search(
            r"\b(rename|edit|write|deletion|change)\s+(?:has\s+)?failed\b", text, re.IGNORECASE
        )
        return _told(facts) if failed and facts.changed and not facts.failed and not facts.refused else ""
    verb = (denied or re.search(rf"\b(?P<verb>{VERB})\b", text, re.IGNORECASE))["verb"].lower()  # type: ignore[index]
    kind = BASE_KIND.get(verb) or KIND_OF.get(verb, "change")
    if _BLOCKERS.search(text[: denied.start()] if denied else ""):
        return ""
    if kind == "run":
        ran = of_kind(programs(facts.ran), "tests")
        return ran_sentence(ran[-1]) if ran and re.search(r"\b(?:tests|test suite)\b", text, re.I) else ""
    if kind not in CHANGES or not facts.changed or re.search(r"\bsince\b|\beverything\b", text, re.I):
        return ""
    fitting = [one for one in facts.changed if _meant(kind, one)]
    said = paths_in(text)
    if said:
        fitting = [one for one in fitting if any(same_file(path, one.path) for path in said)]
    elif not none and not re.search(r"\b(?:it|the files?|them|this)\b", text, re.IGNORECASE):
        return ""
    return _told(facts) if fitting else ""


def _meant(kind: str, change: Changed) -> bool:
    """Whether denying a verb of that kind denies ``change``."""
    return {"delete": change.kind == "deleted", "rename": change.kind != "changed"}.get(kind, True)


def _told(facts: Facts) -> str:
    """What was changed, or that nothing was."""
    if not facts.changed:
        return NOTHING_CHANGED
    return " ".join(change_sentence(one) for one in facts.changed[:4])


def _with_earlier(facts: Facts, earlier: Sequence[Facts]) -> Facts:
    """``facts`` after all that ran and changed in the turns before."""
    ran: list[Ran] = [one for each in earlier for one in each.ran]
    changed: list[Changed] = [one for each in earlier for one in each.changed]
    return replace(facts, ran=(*ran, *facts.ran), changed=(*changed, *facts.changed))
