"""Whether a clause says another outcome than the record has: of tests, linters, builds, searches, files."""

import re
from collections.abc import Sequence

from assistant.agent.facts.record import Facts, Ran
from assistant.agent.facts.runs import of_kind, programs, run_kind
from assistant.agent.facts.summary import ran_sentence
from assistant.agent.facts.words import NUMBER, number, paths_in, same_file

_OUTCOME = (
    r"(?P<pass>pass(?:ed|es|ing)?|succeed(?:ed|s)?|succeeded|successful|green)"
    r"|(?P<fail>fail(?:ed|s|ing|ures?)?)|(?P<error>errors?(?:\s+(?:was|were))?(?:\s+(?:reported|found))?)|(?P<skip>skipped)"
)
_COUNTED = re.compile(
    rf"(?<![\w-])(?P<all>all|every)?\s*(?:of\s+)?(?:the\s+|these\s+|other\s+)*(?P<n>{NUMBER}|all|every|some|most)"
    rf"(?:\s+(?:out\s+)?of\s+(?:the\s+)?(?P<of>{NUMBER}))?(?:\s+of\s+(?:them|the|these|those))?"
    rf"(?:\s+(?:unit\s+|other\s+|failing\s+)?tests?)?(?:\s+(?:cases?|still|now|all|have|has|were|was|are|is|also))*\s+(?:{_OUTCOME})\b",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(?:^|\b(?:the|your|all|both|that|these|and)\s+|\bthey\s+|\beverything\s+)"
    r"(?P<subject>(?:unit\s+|failing\s+|whole\s+)*(?:tests?(?:\s+(?:suite|run|cases))?|suite)|)"
    r"(?:\s*(?:all|now|still|also|do|did|does|have|has|is|are|was|were|both|not|n't|didn't|don't|aren't|"
    r"completed|finished|ran))*\s*"
    r"(?P<outcome>(?P<good>pass(?:ed|es|ing)?|succeed(?:ed|s)?|success(?:ful|fully)?|green|"
    r"without (?:any )?errors?)|(?P<bad>fail(?:ed|s|ing)?|red|broken))\b"
    r"(?P<after>\s+\w+)?",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\s+(?:a|an|the|it|them|their|its|in|this|these|data|arguments?|to)$", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|\w+n't|cannot|none)\b", re.IGNORECASE)
_HYPOTHETICAL = re.compile(
    r"\b(?:if|when|whenever|once|unless|until|should|would|could|will|'ll|can|may|might|must|make sure|"
    r"ensure|is what|whether|before|so that|want|let|please|to make|need|(?:that|"
    r"which) (?:pass|fail)\w*|expect)\b"
    r"|^to\b",
    re.IGNORECASE,
)
_CLEAN = re.compile(
    r"\b(?:no|zero|0|without(?: any)?|any)\s+(?:\w+\s+)?(?:errors?|problems?|issues?|warnings?|violations?)\b"
    r"|\b(?:pass(?:ed|es|ing)?|succeed(?:ed|s)?|success(?:ful|fully)?|clean|happy|green|works?|compiled|"
    r"(?:is|was) done|(?:was|been|were|I|we) (?:\w+ly )?built)\b",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    rf"\bfail(?:ed|s|ure)?\b|\bbroken\b|\b{NUMBER}\s+(?:problems?|errors?|issues?|warnings?)\b", re.I
)
_DEFINITE = re.compile(
    r"^(?:the|your|this|all|every|no|it|everything|build|tests?|lint|ruff|mypy|make|and)\b|\b(?:I|the)\b",
    re.I,
)
_NO_FAILURES = re.compile(
    r"\b(?:no|zero|0|without(?: any)?)\s+(?:test\s+)?(?:failures?|failing)\b", re.IGNORECASE
)


def wrong_outcome(text: str, facts: Facts, earlier: Sequence[Facts]) -> str:
    """What the record says instead of the outcome that ``text`` states; empty where it does not differ."""
    if _HYPOTHETICAL.search(text) and not re.search(r"\bthat the tests pass\b", text):
        return ""
    for wrong in (_wrong_tests, _wrong_program, _wrong_matches, _wrong_lines, _wrong_files):
        if instead := wrong(text, facts, earlier):
            return instead
    return ""


def _wrong_tests(text: str, facts: Facts, earlier: Sequence[Facts]) -> str:
    about = re.search(
        r"\b(?:tests?|suite|pytest|pass(?:ed|es)?|failures?|failed|fails?|skipped|successful|green|errors?)\b",
        text,
        re.IGNORECASE,
    )
    if not about or (run_kind(text) in ("lint", "build") and "test" not in text.lower()):
        return ""
    ran = _last("tests", facts, earlier)
    counted = [one for one in _COUNTED.finditer(text) if not _is_object(text, one.end())]
    if counted:
        if ran is None:
            said = (
                re.search(r"\btests?\b", text, re.I)
                or len(counted) > 1
                or counted[0].end() == len(text.rstrip(" ."))
            )
            return "No tests were run." if said and not _may_know(facts, text) else ""
        negated = _NOT.search(text[: counted[0].start()])
        wrong = any(_differs(one, ran, negated=bool(negated)) for one in counted)
        return ran_sentence(ran) if wrong else ""
    if _NO_FAILURES.search(text):
        return ran_sentence(ran) if ran and not ran.success else ""
    match = _TESTS.search(text)
    if match is None or (match["after"] and _OBJECT.match(match["after"])):
        return ""
    if not match["subject"] and not re.search(r"\b(?:they|everything)\b", match[0], re.I):
        return ""
    if ran is None:
        programs_ran = programs(facts.ran)
        return "No tests were run." if match["subject"] or (not programs_ran and not facts.ran) else ""
    good = bool(match["good"]) != bool(_NOT.search(text[: match.end("outcome")]))
    return ran_sentence(ran) if good != ran.success else ""


def _may_know(facts: Facts, text: str) -> bool:
    """Whether something ran that may have told of tests; writing a file does not."""
    ran = [one for one in facts.ran if one.tool not in ("write_file", "edit_file")]
    return bool(ran) or (bool(facts.ran) and not re.search(r"\btests?\b", text, re.IGNORECASE))


def _is_object(text: str, end: int) -> bool:
    return re.match(r"\s+(?:a|an|the|it|them|their)\b", text[end:], re.IGNORECASE) is not None


def _differs(match: re.Match[str], ran: Ran, *, negated: bool) -> bool:
    """Whether a number of tests, as it is said, is another than that of ``ran``."""
    counts = ran.counts
    name = {"pass": "passed", "fail": "failed", "error": "errors", "skip": "skipped"}[
        next(kind for kind in ("pass", "fail", "error", "skip") if match[kind])
    ]
    count = counts.get(name)
    if name == "failed" and count is not None:
        counts_as_failed = {count, count + counts.get("errors", 0)}
    else:
        counts_as_failed = {count} if count is not None else set()
    word = match["n"].lower()
    total = sum(counts.get(one, 0) for one in ("passed", "failed", "errors"))
    whole = bool(match["all"]) or word in ("all", "every")
    if not counts_as_failed:
        return whole and name == "passed" and not ran.success
    if word == "some":
        return bool(count) == negated
    if word == "most":
        return (2 * (count or 0) > total) == negated
    if word in ("all", "every"):
        return (count == total and bool(total)) == negated
    if match["of"] and number(match["of"]) not in (total, total + counts.get("skipped", 0)):
        return not negated
    if whole and not negated and count != total:
        return True
    return (number(word) in counts_as_failed) == negated


def _wrong_program(text: str, facts: Facts, earlier: Sequence[Facts]) -> str:
    """Linters, builds, and "the command": what they ended with."""
    exit_code = re.search(r"\bexit(?:ed with)?(?: code| status)?\s+(\d+)\b", text, re.IGNORECASE)
    if exit_code:
        codes = [one.exit_code for one in facts.ran if one.exit_code is not None]
        return ran_sentence(facts.ran[-1]) if codes and int(exit_code[1]) not in codes else ""
    kind = run_kind(text)
    command = re.search(r"\b(?:command|script|program|it compiled)\b", text, re.IGNORECASE)
    if kind not in ("lint", "build") and not command:
        return ""
    good, bad = _CLEAN.search(text), _BROKEN.search(text)
    bad = None if bad and re.match(r"(?:no|zero|0)\b", bad[0], re.IGNORECASE) else bad
    if bool(good) == bool(bad) or not _DEFINITE.search(text):
        return ""
    said = bool(good) != bool(_NOT.search(text))
    if kind in ("lint", "build"):
        ran = _last(kind, facts, earlier)
    else:
        ran = next(iter(reversed(programs(facts.ran))), None)
    if ran is None:
        names = {"lint": "No linter was run.", "build": "No build was run."}
        return names.get(kind, "Nothing was run.")
    return ran_sentence(ran) if said != ran.success else ""


def _wrong_matches(text: str, facts: Facts, _: Sequence[Facts]) -> str:
    searches = [one for one in facts.ran if "matches" in one.counts]
    if not searches or searches[-1].cut or any(one.tool == "run_shell" for one in facts.ran):
        return ""
    last = searches[-1]
    word = re.escape(last.what.lower())
    nouns = rf"(?:match(?:es)?|occurrences?|hits?|times|results?|{word}s?|{word} comments?)"
    said = re.search(rf"\b({NUMBER})\s+(?:\w+\s+)?{nouns}\b", text, re.IGNORECASE)
    if said and not re.match(r"\s*of\s", text[said.end(1) :]) and number(said[1]) != last.counts["matches"]:
        return ran_sentence(last)
    files = re.search(rf"\bin\s+({NUMBER})\s+(?:\w+\s+)?files?\b", text, re.IGNORECASE)
    return ran_sentence(last) if files and number(files[1]) != last.counts["files"] else ""


def _wrong_lines(text: str, facts: Facts, _: Sequence[Facts]) -> str:
    said = re.search(
        rf"\b(?:has|have|contains?|is|with)\s+(?:only\s+|exactly\s+)?({NUMBER})\s+lines?\b", text, re.I
    )
    if not said or any(one.tool == "run_shell" for one in facts.ran):
        return ""
    named = paths_in(text)
    reads = [one for one in facts.ran if "lines" in one.counts]
    fitting = [one for one in reads if not named or any(same_file(path, one.what) for path in named)]
    right = {one.counts["lines"] for one in fitting} | {one.counts.get("shown", -1) for one in fitting}
    return ran_sentence(fitting[-1]) if fitting and number(said[1]) not in right else ""


def _wrong_files(text: str, facts: Facts, _: Sequence[Facts]) -> str:
    said = re.search(
        rf"\b(?:there (?:are|is)|contains?|has|found|lists?)\s+(?:only\s+)?({NUMBER})\s+(?:\w+\s+)?files\b",
        text,
        re.I,
    )
    listed = [one for one in facts.ran if "entries" in one.counts and not one.cut]
    if said and len(listed) == 1:
        counts = listed[0].counts
        return ran_sentence(listed[0]) if number(said[1]) not in (counts["files"], counts["entries"]) else ""
    changed = re.search(
        rf"\b({NUMBER})\s+files?\s+(?:have|has|were|was)?\s*(?:been\s+)?(?:changed|differ)", text, re.I
    )
    diffs = [one for one in facts.ran if one.tool == "git_diff"]
    if changed and diffs and not facts.changed and number(changed[1]) != diffs[-1].counts.get("files", 0):
        return ran_sentence(diffs[-1])
    return ""


def _last(kind: str, facts: Facts, earlier: Sequence[Facts]) -> Ran | None:
    """The last run of that kind; one of an earlier turn only where this turn tried none."""
    for each in (facts, *reversed(earlier)):
        if found := of_kind(programs(each.ran), kind):
            return found[-1]
        tried = [
            one
            for one in (*each.refused, *each.failed)
            if one.tool == "run_tests" or run_kind(one.what) == kind
        ]
        if tried:
            return None
    return None
