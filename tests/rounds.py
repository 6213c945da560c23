"""How often a test of chance repeats: a few times in each check, many times before a release."""

import os


def rounds(few: int, many: int) -> int:
    """Return ``many`` where ``TEST_ROUNDS=many`` is set, else ``few``."""
    return many if os.environ.get("TEST_ROUNDS") == "many" else few
