"""A request in other words, by script: other verbs and nouns, politeness, questions, light typos.

Invariant: what a request names (files, options, quoted text) stays as it is. No wording that is kept apart is
among those to learn from; where there are enough, no kept one has the body of a learned one either. The same
dice give the same wordings.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from training.corrections.wording import normal, wording
from training.generation.noise import mistyped

Form = Literal["order", "question", "phrase"]

_SAME_VERBS = (
    ("run", "execute", "launch", "start"),
    ("start", "launch", "bring up", "fire up"),
    ("show", "display", "print", "let me see"),
    ("print", "show", "display", "output"),
    ("open", "show", "read"),
    ("read", "open", "show"),
    ("cat", "print", "show", "read"),
    ("list", "show", "print", "enumerate"),
    ("find", "look for", "search for"),
    ("search for", "look for", "find"),
    ("look for", "search for", "find"),
    ("check", "verify", "look at"),
    ("build", "compile", "make"),
    ("compile", "build"),
    ("create", "make", "set up"),
    ("make", "create"),
    ("get", "fetch", "show"),
    ("give", "show"),
    ("launch", "start", "run"),
    ("spin up", "start", "launch", "bring up"),
    ("bring up", "start", "launch"),
    ("apply", "run", "execute"),
    ("update", "refresh", "bring up to date"),
    ("delete", "remove"),
    ("remove", "delete"),
    ("deploy", "roll out", "release"),
    ("install", "set up", "add"),
    ("format", "reformat", "tidy up"),
    ("lint", "run the linter on", "check the style of"),
    ("test", "run the tests of", "try out"),
)
"""The first of each may be said as any of the others."""
_VERBS = {first: others for first, *others in _SAME_VERBS}
_SAME_NOUNS = (
    ("test suite", "tests"),
    ("tests", "test suite", "unit tests"),
    ("configuration", "config"),
    ("config", "configuration"),
    ("settings", "configuration"),
    ("application", "app"),
    ("app", "application"),
    ("repo", "repository"),
    ("repository", "repo"),
    ("database", "db"),
    ("db", "database"),
    ("docs", "documentation"),
    ("documentation", "docs"),
    ("folder", "directory"),
    ("directory", "folder"),
    ("diff", "changes"),
    ("changes", "diff"),
    ("errors", "problems"),
    ("linter", "lint check"),
    ("dev server", "development server"),
    ("commits", "commit history"),
    ("project", "codebase"),
    ("code", "codebase"),
)
_OPENER = re.compile(
    r"^(?:(?:please|kindly|hey|hi|hello|ok|okay|so|now|just)\b[,!:]?\s+"
    r"|(?:can|could|would|will) you (?:please )?|i (?:want|need) you to |let's )",
    re.IGNORECASE,
)
_CLOSER = re.compile(r"[\s,]+(?:please|thanks|thank you|for me)$", re.IGNORECASE)
_ASKING = re.compile(
    r"^(?:what|what's|which|who|where|when|why|how|do|does|did|is|are|was|were|has|have|any|can|should)\b",
    re.IGNORECASE,
)
_ANY = re.compile(r"^(?:(?:are|is) there )?any (?P<rest>.+)$", re.IGNORECASE)
_WHAT_IS = re.compile(r"^what(?: is| are|'s) (?P<rest>(?:the|our|my|all)\b.+)$", re.IGNORECASE)
_FRAMES: dict[Form, tuple[str, ...]] = {
    "order": (
        "{}", "please {}", "{} please", "can you {}?", "could you {} for me?", "now {}", "{}, thanks",
        "I want you to {}", "go ahead and {}", "I need you to {}", "if you can, {}", "{} if you can",
        "would you {}?", "ok, {}", "it is time to {}", "{} now",
    ),
    "question": (
        "{}?", "{}", "so, {}?", "hey, {}?", "quick question: {}?", "tell me: {}?", "please tell me: {}?",
        "{}, please?", "ok, {}?", "let me know: {}?", "one thing: {}?", "{} now?",
    ),
    "phrase": (
        "{}", "{} please", "please {}", "{}, thanks", "now {}", "hey, {}", "ok, {}", "{} for me", "{} now",
        "once more: {}", "if you can, {}", "I need this: {}",
    ),
}  # fmt: skip
_TYPO_EVERY = 4
_RESERVED = 4
"""From so many bodies on, some are for kept wordings alone."""


@dataclass(frozen=True)
class Reworded:
    """``learned`` begins with the request itself."""

    learned: tuple[str, ...]
    kept: tuple[str, ...]


def reworded(request: str, learned: int, kept: int, dice: random.Random) -> Reworded:
    """The request in at most so many wordings to learn from, and others to judge by."""
    core, bodies = core_of(request), _bodies(request)
    dice.shuffle(bodies)
    apart = bodies[: max(1, len(bodies) // 3)] if len(bodies) >= _RESERVED else bodies
    ours = [one for one in bodies if one not in apart] or bodies
    judging = _taken(_framed(apart, dice), kept, {normal(request)})
    taken = {normal(request), *map(normal, judging)}
    told = _taken(_framed([(core, form_of(core)), *ours], dice), learned - 1, taken)
    things = wording(request).things
    typed = (
        mistyped(one, dice, things) if at % _TYPO_EVERY == _TYPO_EVERY - 1 else one
        for at, one in enumerate(told)
    )
    return Reworded((request, *(one for one in typed if normal(one) not in taken)), tuple(judging))


def core_of(request: str) -> str:
    """The request without politeness and its last mark."""
    core = request.strip().rstrip(".!? ")
    while (match := _OPENER.match(core)) and match.end() < len(core):
        core = core[match.end() :]
    return _CLOSER.sub("", core) or request


def form_of(core: str) -> Form:
    """What kind of sentence a request is."""
    if verb_of(core):
        return "order"
    return "question" if _ASKING.match(core) else "phrase"


def verb_of(core: str) -> str:
    """The known verb that an order begins with; empty without one."""
    lowered = core.casefold()
    return next((verb for verb in sorted(_VERBS, key=len, reverse=True) if _begins(lowered, verb)), "")


def _begins(lowered: str, verb: str) -> bool:
    return lowered.startswith(f"{verb} ")


def _bodies(request: str) -> list[tuple[str, Form]]:
    """Ways to say it without politeness, each with its form; none is the request's own core."""
    core = core_of(request)
    things = wording(request).things
    found: dict[str, Form] = {}
    for one, form in _sentences(core):
        for body in (one, *_nouns(one, things)):
            for said in (body, *_determined(body)):
                found.setdefault(said, form)
    found.pop(core, None)
    return list(found.items()) or [(core, form_of(core))]


def _sentences(core: str) -> Iterator[tuple[str, Form]]:
    form = form_of(core)
    yield core, form
    if verb := verb_of(core):
        rest = core[len(verb) + 1 :]
        for other in _VERBS[verb]:
            object_ = rest.removeprefix("me ") if other != "show" else rest
            yield f"{other} {object_}", "order" if other != "let me see" else "phrase"
    if match := _ANY.match(core):
        for start in ("are there any", "do we have any", "can you see any"):
            yield f"{start} {match['rest']}", "question"
        yield f"check for {match['rest']}", "order"
    if match := _WHAT_IS.match(core):
        for start in ("show me", "tell me", "print"):
            yield f"{start} {match['rest']}", "order"


def _nouns(body: str, things: tuple[str, ...]) -> Iterator[str]:
    """With another noun, one at a time; never within what is named."""
    for noun, *others in _SAME_NOUNS:
        pattern = re.compile(rf"(?<![\w./-])(?<!all ){noun}(?![\w./-])", re.IGNORECASE)
        if pattern.search(body) and not any(noun in thing.casefold() for thing in things):
            yield from (pattern.sub(other, body, count=1) for other in others)


def _determined(body: str) -> Iterator[str]:
    """With "our" in the place of "the"."""
    said = re.sub(r"\bthe\b", "our", body, count=1)
    if said != body:
        yield said


def _framed(bodies: Sequence[tuple[str, Form]], dice: random.Random) -> Iterator[str]:
    """Each body in each frame of its form, in turn, so that neighbours differ in both."""
    queues = [(body, dice.sample(_FRAMES[form], len(_FRAMES[form]))) for body, form in bodies]
    for turn in range(max(map(len, _FRAMES.values()))):
        for body, frames in queues:
            if turn < len(frames):
                yield frames[turn].format(body)


def _taken(said: Iterator[str], count: int, taken: set[str]) -> list[str]:
    """The first so many that differ from one another and from ``taken``."""
    found: dict[str, str] = {}
    for one in said:
        if len(found) >= count:
            break
        if normal(one) not in taken:
            found.setdefault(normal(one), one)
    return list(found.values())
