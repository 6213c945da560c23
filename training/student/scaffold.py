"""What of a call's arguments can only come next, so that it is evaluated without being sampled.

Follows the JSON as it is written. Forced is only text that the tokeniser splits the same way whatever
follows: up to the colon after a key, never the quote that opens a value, because a value that begins
with punctuation is one token with its quote.
"""

import json
from typing import Any

from tools.protocol.grammar import ordered_properties


class Scaffold:
    """The state of one object being written: which keys are done, and whether it is complete."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._required, self._optional = ordered_properties(schema)
        self._keys = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._started = False
        self._after_comma = False
        self.complete = False

    def forced(self) -> str:
        """The text that must follow, or empty where there is a choice."""
        if not self._started:
            if self._required:
                return f" {{{self._key(0)}"
            return "" if self._optional else " {}"
        if self._after_comma and self._keys < len(self._required):
            return f" {self._key(self._keys)}"
        return ""

    def _key(self, index: int) -> str:
        return json.dumps(self._required[index], ensure_ascii=False) + ":"

    def feed(self, piece: bytes) -> None:
        """Follow what was written."""
        for byte in piece:
            self._step(chr(byte))

    def _step(self, character: str) -> None:
        self._started = True
        if self._in_string:
            self._in_string = self._escaped or character != '"'
            self._escaped = not self._escaped and character == "\\"
            return
        if character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            self.complete = self._depth == 0
        elif character == ":" and self._depth == 1:
            self._keys += 1
        self._after_comma = character == "," and self._depth == 1
