"""What the program answers about itself: what it is, and how a change is taken back.

A small student that is asked to undo calls whatever undid nothing before, a removal again among them.
"""

import re

from assistant.agent.questions.answers import Asking

_LONGEST = 80
_POLITE = r"(?:(?:please|ok|okay|no|oops|hm|now|can you|could you|bitte|kannst du)\W+)*"
_UNDO = re.compile(
    rf"^\W*{_POLITE}(?:(?:undo|revert|restore|roll back|take back|bring back)"
    r"(?:\W+(?:it|that|this|them|all|everything|your|the|my|last|latest|changes?|edits?|files?|what|you|did|again"
    r"|please|now))*"
    r"|(?:bring|take|put|roll|change) (?:it|that|this|them|everything) back(?:\W+(?:again|please|now))*"
    r"|mache?\W+(?:es|das|alles) (?:wieder )?rückgängig)\W*$",
    re.IGNORECASE,
)
_WHO = re.compile(
    rf"^\W*{_POLITE}(?:(?:who|what) (?:exactly )?are you|what (?:can|do) you do(?: here| for me)?"
    r"|how can you help(?: me)?|wer bist du|was kannst du)\W*$",
    re.IGNORECASE,
)
_SAYS = {
    "undo": "In the chat, `/undo` takes back what a turn changed, and shows it first.",
    "who": "I am Apprentice, a coding assistant in your terminal. I read, search and edit files, run "
    "programs and tests in a sandbox, and ask before I act; I learn from what you say of my decisions. "
    "`/help` shows the commands.",
}


def about_the_program(request: str) -> str:
    """``undo`` or ``who`` where the request asks for that and no more; else empty."""
    if len(request) > _LONGEST:
        return ""
    return "undo" if _UNDO.search(request) else "who" if _WHO.search(request) else ""


def said_of_itself(kind: str) -> Asking:
    """The answer to that, for which nothing is to be called."""
    yield from ()
    return _SAYS[kind]
