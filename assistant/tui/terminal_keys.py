"""Reads the bytes of a terminal as keys, with the forms that Textual's own parser misreads.

Invariant: no key that a terminal sends ends the program; a report that cannot be read as a key is dropped.
"""

import re
from collections.abc import Iterable
from typing import Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.keys import Keys

# xterm with modifyOtherKeys, and tmux with extended-keys: CSI 27 ; modifiers ; code ~
_OTHER_KEYS: Final = re.compile(r"\x1b\[27;(\d+);(\d+)~")
# The Kitty protocol: alternate codes of a key and the type of its event stand behind colons.
_SUB_PARAMETERS: Final = re.compile(r"\x1b\[(\d+)(?::\d*)*(?:;(\d+)(?::(\d*))?)?(;[\d:]*)?u")
_RELEASE: Final = "3"
_PLAIN_SHIFT: Final = 2


class KeyParser(XTermParser):
    """Textual's parser, which also knows Alt+Enter and the other ways to write a key with modifiers."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence == "\x1b\r":  # without the Kitty protocol; Textual drops the Alt
            return [events.Key("alt+enter", None)]
        if (other := _OTHER_KEYS.fullmatch(sequence)) and _has_no_text(int(other[1]), int(other[2])):
            sequence = f"\x1b[{other[2]};{other[1]}u"
        elif (sub := _SUB_PARAMETERS.fullmatch(sequence)) and ":" in sequence:
            if sub[3] == _RELEASE:
                return [events.Key(Keys.Ignore, sequence)]
            sequence = f"\x1b[{sub[1]};{sub[2] or ''}{sub[4] or ''}u"
        try:
            return list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):
            return [events.Key(Keys.Ignore, sequence)]


def _has_no_text(modifiers: int, code: int) -> bool:
    """Whether the key writes nothing by itself: a control key, or one with more than Shift."""
    return code < 32 or code == 127 or modifiers != _PLAIN_SHIFT


def read_all_keys() -> None:
    """Let the driver of this process read with ``KeyParser``."""
    linux_driver.XTermParser = KeyParser  # type: ignore[attr-defined]
