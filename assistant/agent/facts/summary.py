"""Facts in words: one plain sentence per result, and one quiet line under a turn."""

import re
from collections.abc import Sequence

from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.record import Facts, Ran, Stopped

NOTHING_CHANGED = "Nothing was changed."
NAMED = 4
LONGEST = 60
LONGEST_REASON = 120
_VERBS = {"created": "Wrote", "changed": "Changed", "deleted": "Deleted"}
_WRITING = ("write_file", "edit_file")
LOOKING = ("read_file", "list_files", "search_files", "git_diff", "search_docs", "web_search", "fetch_url")


def summarise(facts: Facts) -> str:
    """What happened, a plain sentence per result; "Nothing was changed." where nothing happened at all."""
    sentences = [
        *(ran_sentence(one) for one in facts.ran if one.tool not in _WRITING),
        *(change_sentence(one) for one in facts.changed[:NAMED]),
        *_more_changes(facts.changed),
        *(f"{_call(one)} was refused." for one in facts.refused),
        *(
            f"{_call(one)} {'was interrupted' if _broken_off(one) else f'failed: {_first(one.why)}'}."
            for one in facts.failed
            if not _told(one, facts.ran)
        ),
        *([f"Undone: {', '.join(facts.undone)}."] if facts.undone else []),
    ]
    stopped = any(one.tool in _WRITING for one in (*facts.refused, *facts.failed))
    if not facts.changed and (stopped or facts.refused or not sentences):
        sentences.append(NOTHING_CHANGED)
    if facts.meanwhile:
        sentences.append(f"{_meanwhile(facts.meanwhile)}.")
    return " ".join(sentences)


def ran_sentence(ran: Ran) -> str:
    """What came of one call: "5 tests failed, 1 passed (pytest, 0.8 s)."."""
    counts = ran.counts
    if ran.runner:
        return f"{_tests(ran)}."
    if "matches" in counts:
        if not counts["matches"]:
            return f"No match for {_short(ran.what)}."
        least = "At least " if ran.cut else ""
        return f"{least}{counted(counts['matches'], 'match')} in {counted(counts['files'], 'file')}."
    if "lines" in counts:
        shown = f"{counts['shown']:,} of {counts['lines']:,} lines" if "shown" in counts else ""
        return f"{_short(ran.what)}, {shown or counted(counts['lines'], 'line')}."
    if "entries" in counts:
        least = "At least " if ran.cut else ""
        return f"{least}{counted(counts['entries'], 'entry')}{f' in {_short(ran.what)}' if ran.what else ''}."
    if ran.tool == "git_diff":
        files, where = counts.get("files", 0), f" in {_short(ran.what)}" if ran.what else ""
        differ = (
            f"{counted(files, 'file')} {'differs' if files == 1 else 'differ'}" if files else "No changes"
        )
        return f"{differ}{where}."
    if ran.exit_code is not None:
        return f"{_call(ran)} ended with exit code {ran.exit_code}."
    return f"{_call(ran)} {'succeeded' if ran.success else 'failed'}."


def change_sentence(change: Changed) -> str:
    """One change: "Wrote notes.txt (+5 lines)."."""
    return f"{_VERBS[change.kind]} {change.path}{_delta(change)}."


def quiet_line(facts: Facts) -> str:
    """All facts on one line, or empty where nothing ran, changed or was stopped."""
    parts = [
        *(_short_ran(one) for one in facts.ran if one.tool not in (*_WRITING, *LOOKING)),
        *(f"{one.path} {one.kind}{_delta(one)}" for one in facts.changed[:NAMED]),
        *_more_changes(facts.changed),
        *(f"{_call(one)} refused" for one in facts.refused),
        *(
            f"{_call(one)} {'interrupted' if _broken_off(one) else 'failed'}"
            for one in facts.failed
            if not _told(one, facts.ran)
        ),
        *(f"{path} undone" for path in facts.undone[:NAMED]),
        *([_meanwhile(facts.meanwhile)] if facts.meanwhile else []),
    ]
    looks = [ran_sentence(one) for one in facts.ran if one.tool in LOOKING]
    shown = dict.fromkeys([*looks[:NAMED], *parts])
    return " · ".join(part.rstrip(".") for part in shown)


def _tests(ran: Ran) -> str:
    counts = ran.counts
    said = [("failed", counts.get("failed", 0)), ("passed", counts.get("passed", 0))]
    parts = [f"{number:,} {name}" for name, number in said if number]
    if parts:
        number, _, outcome = parts[0].partition(" ")
        parts[0] = f"{number} {'test' if number == '1' else 'tests'} {outcome}"
    if counts.get("errors"):
        parts.append(counted(counts["errors"], "error"))
    if counts.get("skipped"):
        parts.append(f"{counts['skipped']:,} skipped")
    if not parts and counts.get("packages"):
        parts.append(f"the tests of {counted(counts['packages'], 'package')} passed")
    time = "" if ran.seconds is None else f", {ran.seconds:.1f} s"
    text = f"{', '.join(parts) or 'no tests ran'} ({ran.runner}{time})"
    return text[0].upper() + text[1:]


def _short_ran(ran: Ran) -> str:
    if ran.runner or ran.exit_code is None:
        return ran_sentence(ran)
    return f"{_call(ran)}: exit {ran.exit_code}"


def _delta(change: Changed) -> str:
    if change.added is None or change.removed is None:
        return " (binary)"
    if not change.removed:
        return f" (+{counted(change.added, 'line')})" if change.added else ""
    added = f"+{change.added:,} " if change.added else ""
    return f" ({added}−{counted(change.removed, 'line')})"


def _more_changes(changes: Sequence[Changed]) -> list[str]:
    return [f"{counted(len(changes) - NAMED, 'more file')} changed."] if len(changes) > NAMED else []


def _meanwhile(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return f"Also changed meanwhile by others, as far as is known: {', '.join(paths[:NAMED])}{more}"


def _call(one: Ran | Stopped) -> str:
    return f"{one.tool} {_short(one.what)}".rstrip()


def _told(stopped: Stopped, ran: Sequence[Ran]) -> bool:
    """Whether a failed call also counts as one that ran, so that its end is said already."""
    return any((one.tool, one.what) == (stopped.tool, stopped.what) for one in ran)


def _broken_off(stopped: Stopped) -> bool:
    return stopped.why.startswith("interrupted")


def _first(why: str) -> str:
    """The first sentence of a reason; a path may have a full stop in it."""
    return _short(re.split(r"\.\s", why, maxsplit=1)[0], LONGEST_REASON)


def _short(text: str, longest: int = LONGEST) -> str:
    text = text.rstrip(".")
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "3 matches"."""
    plural = {"match": "matches", "entry": "entries", "class": "classes"}.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"
