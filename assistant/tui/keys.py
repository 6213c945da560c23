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
    Key("Writing", "Esc Esc", "clear the text; on an empty line go back, as /rewind"),
    Key("Working", "Esc", "interrupt the student, or dismiss"),
    Key("Working", "Shift+Tab", "next mode: plan, ask, edit, auto"),
    Key("Working", "Ctrl+O", "details of the last call"),
    Key("Working", "PageUp · PageDown", "scroll; at the top, load earlier messages"),
    Key("Working", "Ctrl+End", "back to the newest message"),
    Key("Working", "Ctrl+P", "command palette"),
    Key("Working", "Ctrl+L", "redraw the screen"),
    Key("Working", "F1 · ? on an empty line", "this help"),
    Key("Working", "Ctrl+C", "copy the selection; else interrupt, then clear, then quit; twice: quit"),
    Key("Working", "Ctrl+D", "quit, on an empty line"),
    Key("Confirmation", "y", "run it once"),
    Key("Confirmation", "s", "run it and such calls of this session"),
    Key("Confirmation", "a", "run it and add the rule shown, for good"),
    Key("Confirmation", "e", "edit it, in $EDITOR where that is set; then it is shown and asked again"),
    Key("Confirmation", "n · Enter · Esc", "refuse; a reason may follow"),
    Key("Confirmation", "Up · Down · PageUp · PageDown", "scroll what would run"),
    Key("Decisions", "1 · 2 · 3", "the decisions, charts of them, data products"),
    Key("Decisions", "/", "filter: tool:run outcome: agent: session: since: until: and words"),
    Key("Decisions", "Enter", "the decision with all its events"),
    Key("Decisions", "n · p · u", "on a decision: the next one, the previous one, the one that led to it"),
    Key("Decisions", "g · b", "rate the decision good or bad"),
    Key("Decisions", "c", "say which call would have been right; it counts for the next request like it"),
    Key(
        "Decisions",
        "f · w",
        "on a decision: forget the correction, or let it count in all projects; again undoes it",
    ),
    Key("Decisions", "s", "only the session of the marked decision"),
    Key("Decisions", "e", "export what the filter finds, or the marked product"),
    Key("Decisions", "r", "read the log again"),
    Key("Decisions", "w", "charts by days or weeks"),
    Key("Decisions", "p · a", "publish the marked product, or all that are stale"),
    Key("Teachers", "Ctrl+E · Enter in a field", "what the examples will cost"),
    Key("Teachers", "Ctrl+S", "make them, or go on with what is in the folder"),
    Key("Teachers", "Ctrl+X", "stop; what is made and paid for is kept"),
    Key("Teachers", "x · a", "reject or accept the marked example"),
    Key(
        "Curation",
        "1 · 2 · 3 · 4 · Ctrl+N",
        "choose decisions, the stages, what is left out, the map; the next",
    ),
    Key("Curation", "Ctrl+S", "make a draft, which publishes nothing"),
    Key("Curation", "- · +", "lower or raise the threshold, and see what that leaves out"),
    Key("Curation", "o", "keep the marked one although it is a duplicate"),
    Key("Curation", "a", "accept the draft: make the dataset and publish it"),
    Key("Curation", "x · r", "stop what is under way, or go on with it"),
    Key("Curation", "arrows · n · p", "on the map: select another, the next and the one before at one place"),
    Key(
        "Training", "1 · 2 · 3 · Ctrl+N", "start a run, the run with its curves, what became of it; the next"
    ),
    Key("Training", "Down in a field", "what there is: datasets and examples, models to tune"),
    Key("Training", "Ctrl+E · Ctrl+S", "what a run will take; start it"),
    Key("Training", "x · r", "stop what is under way, or go on with it"),
    Key("Training", "p · n", "newer and older runs"),
    Key("Training", "e · m", "make a student of the run and prove it: its adapter, or merged into its base"),
    Key("Training", "c · f", "compare it with what serves: on what the run held out; on a file of cases"),
    Key("Training", "d · D", "let it serve, where it is better; all the same"),
    Key("Training", "b", "let the one serve again that did so before"),
    Key("Models", "Enter", "use the marked model in this chat"),
    Key("Models", "d · D", "let the marked student serve, where it is better; all the same"),
    Key("Models", "b · t", "let the one serve again that did so before; retire the marked one"),
    Key("Models", "r", "look again what there is"),
    Key("Arena", "1 · 2", "the left, or the right one is better"),
    Key("Arena", "e · n", "both are as good; neither is any good"),
    Key("Arena", "s · /", "another request; one of your own"),
    Key("Arena", "r", "the result, and who is who"),
    Key("Jobs", "Enter", "what the marked job said and printed, as it comes"),
    Key("Jobs", "c · r", "cancel it, or go on with it from its last checkpoint"),
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
