"""The keys, as data: the help screen and the documentation are made from this table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """What a key does. ``keys`` as a person reads them, ``group`` the heading it stands under."""

    group: str
    keys: str
    does: str


KEYS: tuple[Key, ...] = (
    Key("Writing", "Enter", "send the request"),
    Key("Writing", "Ctrl+J · Shift+Enter · Alt+Enter · \\ Enter", "new line"),
    Key("Writing", "Tab", "complete, or queue the request while the student works"),
    Key("Writing", "Up · Down", "earlier and later requests, on the first and last line"),
    Key("Writing", "Ctrl+R", "search earlier requests"),
    Key("Writing", "Ctrl+G", "write in $EDITOR"),
    Key("Writing", "Ctrl+A · Ctrl+E · Alt+B · Alt+F", "line start and end, word back and forward"),
    Key(
        "Writing",
        "Ctrl+K · Ctrl+U · Ctrl+W · Alt+D",
        "delete to end, to start, word back, word forward",
    ),
    Key("Writing", "Esc Esc", "clear the text"),
    Key("Working", "Esc", "interrupt the student, or dismiss"),
    Key("Working", "Shift+Tab", "next mode: plan, ask, edit, auto"),
    Key("Working", "Ctrl+O", "details of the last call"),
    Key("Working", "PageUp · PageDown", "scroll; at the top, load earlier messages"),
    Key("Working", "Ctrl+End", "back to the newest message"),
    Key("Working", "Ctrl+P", "command palette"),
    Key("Working", "Ctrl+L", "redraw the screen"),
    Key("Working", "F1 · ? on an empty line", "this help"),
    Key("Working", "Ctrl+C", "copy the selection; else interrupt, then clear, then quit"),
    Key("Working", "Ctrl+D", "quit, on an empty line"),
    Key("Confirmation", "y", "run it once"),
    Key("Confirmation", "s", "run it and such calls of this session"),
    Key("Confirmation", "a", "run it and add the rule shown, for good"),
    Key("Confirmation", "e", "edit the call first"),
    Key("Confirmation", "n · Enter · Esc", "refuse; a reason may follow"),
    Key("Confirmation", "Up · Down · PageUp · PageDown", "scroll what would run"),
    Key("Decisions", "1 · 2 · 3", "the decisions, charts of them, data products"),
    Key("Decisions", "/", "filter: tool: outcome: agent: session: since: until: and words"),
    Key("Decisions", "Enter", "the decision with all its events"),
    Key("Decisions", "n · p · u", "on a decision: the next one, the previous one, the one that led to it"),
    Key("Decisions", "g · b", "rate the decision good or bad"),
    Key("Decisions", "c", "say which call would have been right"),
    Key("Decisions", "s", "only the session of the marked decision"),
    Key("Decisions", "e", "export what the filter finds, or the marked product"),
    Key("Decisions", "r", "read the log again"),
    Key("Decisions", "w", "charts by days or weeks"),
    Key("Decisions", "p · a", "publish the marked product, or all that are stale"),
    Key("Teachers", "Ctrl+E · Enter in a field", "what the examples will cost"),
    Key("Teachers", "Ctrl+S", "make them, or go on with what is in the folder"),
    Key("Teachers", "Ctrl+X", "stop; what is made and paid for is kept"),
    Key("Teachers", "x · a", "reject or accept the marked example"),
)

PREFIXES: tuple[Key, ...] = (
    Key("Prefixes", "/", "a command"),
    Key("Prefixes", "@", "a file of the workspace"),
    Key("Prefixes", "!", "a shell command in the sandbox"),
)


def key_groups() -> dict[str, list[Key]]:
    """The keys under their headings, in order."""
    groups: dict[str, list[Key]] = {}
    for key in (*PREFIXES, *KEYS):
        groups.setdefault(key.group, []).append(key)
    return groups


def keys_markdown() -> str:
    """The table of the documentation, one heading per group."""
    lines: list[str] = []
    for group, keys in key_groups().items():
        lines += [f"### {group}", "", "| Key | Does |", "| --- | --- |"]
        lines += [f"| `{key.keys}` | {key.does} |" for key in keys] + [""]
    return "\n".join(lines)
