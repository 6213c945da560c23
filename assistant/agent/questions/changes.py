"""What ``git_diff`` says is different from the last commit, file by file."""

import re
from collections.abc import Iterator

from assistant.agent.facts.counts import NEW_FILES
from assistant.agent.facts.diffs import Changed, changes_in
from assistant.agent.facts.summary import counted
from assistant.agent.quoting import LONGEST_LINE, block, code
from tools.calls import ToolResult

MOST_FILES, MOST_LINES = 20, 30
_HEAD = re.compile(
    r"(?m)^diff --git \"?a/(?P<old>.+?)\"? \"?b/(?P<new>.+?)\"?$(?P<rest>(?:\n(?!diff |--- |$).*)*)"
)


def changes_told(result: ToolResult) -> str:
    """The files that differ, by how many lines, and the beginning of the diff; or that nothing does."""
    if not result.success:
        return f"I could not see what changed: {result.text.strip()}."
    if result.text == "no changes since the last commit":
        return "Nothing: there are no changes since the last commit."
    diff, _, new = result.text.partition(NEW_FILES)
    told = [_told(one) for one in changes_in(diff)]
    told += _without_lines(diff)
    told += [f"- {code(name)} new, not tracked by git" for name in new.splitlines() if name.strip()]
    more = [f"- {len(told) - MOST_FILES:,} more"] if len(told) > MOST_FILES else []
    verb = "differs" if len(told) == 1 else "differ"
    said = [
        f"{counted(len(told), 'file')} {verb} from the last commit:",
        "\n".join([*told[:MOST_FILES], *more]),
    ]
    if lines := [line[:LONGEST_LINE] for line in diff.strip().splitlines()]:
        said.append(block(lines[:MOST_LINES]))
        if len(lines) > MOST_LINES:
            said.append(f"{len(lines) - MOST_LINES:,} more lines follow in the diff.")
    if result.truncated:
        said.append("The diff was cut, so that the numbers may be too small.")
    return "\n\n".join(said)


def _told(one: Changed) -> str:
    what = {"created": " new", "deleted": " deleted"}.get(one.kind, "")
    numbers = [f"+{one.added:,}"] * bool(one.added) + [f"−{one.removed:,}"] * bool(one.removed)
    return " ".join([f"- {code(one.path.strip(chr(34)))}{what}", *numbers])


def _without_lines(diff: str) -> Iterator[str]:
    """The files that differ in other things than lines: renamed ones, empty ones, binary ones."""
    for head in _HEAD.finditer(diff):
        rest = head["rest"]
        if "\nrename to " in rest:
            yield f"- {code(head['old'])} renamed to {code(head['new'])}"
            continue
        kind = " new" if "\nnew file" in rest else " deleted" if "\ndeleted file" in rest else ""
        yield f"- {code(head['new'])}{kind}{' (binary)' if 'Binary files ' in rest else ''}"
