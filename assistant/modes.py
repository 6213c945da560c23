"""The permission modes in the order in which Shift+Tab cycles them."""

MODES = {
    "plan": "read only: nothing is written or run",
    "ask": "reads pass, the rest is asked",
    "edit": "file edits inside the workspace pass too, the rest is asked",
    "auto": "everything inside the sandbox passes",
}


def next_mode(mode: str) -> str:
    """The mode after ``mode``; the first after the last."""
    names = list(MODES)
    return names[(names.index(mode) + 1) % len(names)] if mode in MODES else "ask"
