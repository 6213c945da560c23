"""A person who trusts a folder as it is now."""

from pathlib import Path

from assistant.trust import look
from assistant.trust_book import the_book


def trusted(workspace: Path) -> Path:
    the_book().decide(look(workspace), trusted=True)
    return workspace
