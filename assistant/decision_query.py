"""A filter over decisions as one line: ``tool:run_shell outcome:failed since:2d permission denied``.

Words of the form ``name:value`` are conditions, each at most once; the other words are the text looked for,
as one phrase. The beginning of a tool's name is enough: ``tool:run``. Quotes keep spaces, and make a word
with a colon a text: ``"http://x"``.

Invariant: a line that cannot be understood is an error, never a filter that finds too much.
"""

import difflib
import re
from typing import Any

from assistant.moments import moment
from training.events.matching import OUTCOMES, DecisionFilter

NAMES = {
    "tool": "tool_prefix",
    "outcome": "outcome",
    "agent": "agent_id",
    "session": "session_id",
    "since": "since",
    "until": "until",
}
"""What may stand before a colon, and the field of DecisionFilter that it fills."""
USAGE = "tool: outcome: agent: session: since:2d until: and words"

_WORD = re.compile(r'([A-Za-z_]+):("[^"]*"|[^\s"]*)(?=\s|$)|("[^"]*")(?=\s|$)|([^\s"]+)(?=\s|$)')


def parse_query(line: str) -> DecisionFilter:
    """The filter that ``line`` stands for; an empty line is all decisions.

    Raises ValueError with one line: what is wrong, and how to mend it.
    """
    given: dict[str, Any] = {}
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        match = _WORD.match(line, at)
        if match is None:
            raise ValueError("a quote is not closed, or stands inside a word; write it around a whole phrase")
        name, value, quoted, word = match.groups()
        if name is not None:
            field = _field(name)
            if field in given:
                raise ValueError(f"{name}: is given twice; give it once")
            given[field] = _value(name.lower(), field, value.strip('"'))
        else:
            words.append(quoted[1:-1] if quoted else word)
        at = match.end()
    return DecisionFilter(**given, text=" ".join(words).strip() or None)


def _field(name: str) -> str:
    field = NAMES.get(name.lower())
    if field is None:
        near = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
        mend = f"did you mean {near[0]}:?" if near else f"there are {', '.join(f'{one}:' for one in NAMES)}."
        raise ValueError(f'no filter {name}:; {mend} To look for such a text, quote it: "{name}:"')
    return field


def _value(name: str, field: str, value: str) -> Any:
    if not value:
        raise ValueError(f"nothing follows the colon of {name}:")
    if field == "outcome" and value not in OUTCOMES:
        raise ValueError(f"no outcome {value}; there are {', '.join(OUTCOMES)}")
    return moment(value) if field in ("since", "until") else value
