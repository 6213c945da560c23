"""How many tokens a text has, at an endpoint that keeps its tokeniser to itself.

Invariant: an estimate, from what the endpoint said of the last request that was long enough to tell.
"""

from typing import Any

import orjson

from training.student.base import Usage

BYTES_PER_TOKEN = 3.5
FEWEST, MOST = 2.0, 6.0
TELLING_TOKENS = 200


class Estimate:
    """Learns how many bytes a token has."""

    def __init__(self) -> None:
        self._bytes_per_token = BYTES_PER_TOKEN

    def learn(self, body: dict[str, Any], usage: Usage) -> None:
        """``body`` had as many tokens as ``usage`` says; short ones are mostly template and tell little."""
        if usage.prompt_tokens >= TELLING_TOKENS:
            said = len(orjson.dumps([body.get("messages"), body.get("tools")])) / usage.prompt_tokens
            self._bytes_per_token = min(max(said, FEWEST), MOST)

    def tokens(self, text: str) -> int:
        """Rounded up, so that a budget is rather kept than not."""
        return int(-(-len(text.encode("utf-8", "replace")) // self._bytes_per_token))
