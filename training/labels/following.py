"""What followed each decision in its session: what speaks against it, and what proves it.

Invariant: rows come newest first, so that what followed is known when a row comes; of a session the last
decisions are held, of the log the sessions that were met last, so that memory does not grow with the log.
"""

import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tools.protocol.calls import ANSWER
from training.labels.label import LOOKING
from training.labels.likeness import asks_again, objects
from training.labels.reviews import TAKEN_BACK

Row = Mapping[str, Any]
LOOK_AHEAD = 40
"""Decisions of a session that are looked at after one."""
SESSIONS = 256
WRITES = frozenset({"write_file", "edit_file"})
_TESTS = re.compile(
    r"\b(?:pytest|tox|nox|unittest|jest|vitest"
    r"|(?:make|npm|cargo|go|yarn|just) (?:run )?(?:test|check)s?)\b"
)


class Following:
    """Given rows newest first, says of each what followed it."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, deque[Row]] = OrderedDict()

    def of(self, row: Row) -> dict[str, Any]:
        """``followed``: whether the session went on with another turn. ``against``: one line on what speaks
        against the decision, ``proof``: ``tests`` or ``file``; both empty where there is none.
        """
        session = row.get("session_id")
        if not session:
            return {"followed": False, "against": "", "proof": ""}
        later = self._sessions.setdefault(session, deque(maxlen=LOOK_AHEAD))
        self._sessions.move_to_end(session)
        if len(self._sessions) > SESSIONS:
            self._sessions.popitem(last=False)
        found = _found(row, list(later))
        later.appendleft(row)
        return found


def _found(row: Row, later: Sequence[Row]) -> dict[str, Any]:
    """``later`` comes oldest first."""
    turns = [list(rows) for _, rows in groupby(later, _turn)]
    own = turns.pop(0) if turns and _turn(turns[0][0]) == _turn(row) else []
    if not _request(row):
        own, turns = [], []  # what is one turn cannot be told
    succeeded = (row.get("outcome") or {}).get("success") is True
    calls = succeeded and row.get("tool_selected") != ANSWER
    return {
        "followed": bool(turns),
        "against": _against(row, own, turns) if succeeded else "",
        "proof": _proof(row, later) if calls else "",
    }


def _against(row: Row, own: Sequence[Row], turns: Sequence[Sequence[Row]]) -> str:
    if _repeated(row, own):
        return "it was called again and again"
    if any((one.get("review") or {}).get("verdict") in TAKEN_BACK for one in own):
        return "what its turn did was taken back"
    if turns:
        asked, following = _request(row), _request(turns[0][0])
        if objects(following):
            return "the next request says that it was wrong"
        same_tool = any(one.get("tool_selected") == row.get("tool_selected") != ANSWER for one in turns[0])
        if asks_again(asked, following, retried=same_tool):
            return "the same was asked for again"
    return "tests failed after it" if _tests(row, own) is False else ""


def _repeated(row: Row, own: Sequence[Row]) -> bool:
    """Tell whether the turn makes the same call twice with no change in between."""
    for one in own:
        if _call(one) == _call(row):
            return True
        if _changes(one):
            break
    turn = (row.get("context") or {}).get("turn")
    for message in reversed(turn if isinstance(turn, list) else []):
        for call in (message.get("calls") or ()) if isinstance(message, Mapping) else ():
            if (call.get("tool"), call.get("arguments")) == _call(row):
                return True
            if call.get("tool") not in LOOKING:
                return False
    return False


def _proof(row: Row, later: Sequence[Row]) -> str:
    if row.get("tool_selected") not in WRITES:
        return ""
    return "tests" if _tests(row, later) else "file" if _stands(row, later) else ""


def _tests(row: Row, later: Sequence[Row]) -> bool | None:
    """Whether tests passed after a write; None where none ran, or they say now this and now that."""
    if row.get("tool_selected") not in WRITES:
        return None
    ends = set()
    for one in later:
        if one.get("tool_selected") in WRITES:
            break
        if _is_test(one) and isinstance(ended := (one.get("outcome") or {}).get("success"), bool):
            ends.add(ended)
    return ends.pop() if len(ends) == 1 else None


def _stands(row: Row, later: Sequence[Row]) -> bool:
    """Whether a later turn read the file as it was written, before anything else wrote to it."""
    arguments = row.get("tool_parameters") or {}
    path, text = arguments.get("path"), arguments.get("content") or arguments.get("new_text")
    for one in later:
        theirs = one.get("tool_parameters") or {}
        if theirs.get("path") != path:
            continue
        if one.get("tool_selected") in WRITES:
            return False
        if one.get("tool_selected") == "read_file" and _turn(one) != _turn(row) and text:
            result = str((one.get("outcome") or {}).get("result") or "")
            return all(line.strip() in result for line in str(text).splitlines() if line.strip())
    return False


def _is_test(row: Row) -> bool:
    if row.get("tool_selected") == "run_tests":
        return True
    command = (row.get("tool_parameters") or {}).get("command")
    return row.get("tool_selected") == "run_shell" and _TESTS.search(str(command or "")) is not None


def _changes(row: Row) -> bool:
    return row.get("tool_selected") not in LOOKING


def _call(row: Row) -> tuple[Any, Any]:
    return row.get("tool_selected"), row.get("tool_parameters")


def _request(row: Row) -> str:
    context = row.get("context")
    return str(context.get("request") or "") if isinstance(context, Mapping) else ""


def _turn(row: Row) -> tuple[str, Any]:
    """What decisions of one turn have in common: the request, and where in the session it stands."""
    context = row.get("context")
    context = context if isinstance(context, Mapping) else {}
    at, turn = context.get("message_index"), context.get("turn")
    first = at - len(turn) if isinstance(at, int) and isinstance(turn, list) else None
    return _request(row), first


def followed(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows that come newest first, each with what followed it as ``after``."""
    following = Following()
    return [{**row, "after": following.of(row)} for row in rows]
