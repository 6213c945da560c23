"""A quick look at an encoded event: can there be a secret in it at all?

Invariant: whatever ``redact`` would take out of a value makes ``may_hold_secrets`` true for its JSON; most
events pass at the speed of one automaton over their bytes (RE2), about a microsecond for a kilobyte. The
hints of prefixes, rules and finders stand beside them; those for names are here.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re

import re2

from training.events.blocks import FINDERS
from training.events.command_lines import COMMAND_RULES
from training.events.forms import FORM_RULES
from training.events.hidden import GATE_HINTS
from training.events.rules import EMAIL, RULES
from training.events.token_formats import PREFIXES

_NAMES = (
    # a number under "token" or "tokens" is a count, not a secret
    rb'token(?:$|[^s"]|s(?:$|[^"])|s?"(?:$|[^:])|s?":(?:$|[^0-9n]))',
    rb"[a-z_-]key(?:s|id|_id)?[0-9]{0,3}(?:$|[^a-z])",
    rb"passw|passphrase|passcode|pwd|psswd|credential|creds|secret|psk|jwt|mnemonic|otp_?-?seed|hmac",
    rb"[a-z0-9_.-]p(?:ass|s?w)[0-9]{0,3}[\\\"'` ]{0,4}[\])>=:, ]",
    rb"masterauth|cookies?\"|sess(?:ion)?[_-]?id|dsn|conn(?:ection)?[_-]?str|webhook[_-]?url|authorization|bearer|[a-z_.-]pat[\\\"' ]*[=:]",
    rb"(?:^|[^a-z0-9_.-])p(?:ass|s?w)[\\\"'`*]{0,5} ?[:=]",
    rb":\\*/\\*/[^\s\"<>]*@|%3a%2f%2f[^\s\"<>]*(?:@|%40)",
    rb"[?&;](?:amp;)?[a-z-]*(?:token|sig|signature|hmac|auth|key|appid|code|state|ticket|sas|st|policy|jwt|assertion|pass)=",
)


def _compiled(*hints: bytes) -> re2._Regexp:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes, as they are
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = 64 << 20
    return re2.compile(b"|".join(hints), options)


_PREFIXES = b"(?-i:" + b"|".join(re.escape(prefix).encode() for prefix in PREFIXES) + b")"
_RULES = tuple(
    dict.fromkeys(
        [rule.gate for rule in (*RULES, *COMMAND_RULES, *FORM_RULES)] + [gate for _, gate, _ in FINDERS]
    )
)
_HINTS = (*_NAMES, *_RULES, _PREFIXES, *GATE_HINTS)
_GATE = _compiled(*_HINTS)
_GATE_WITH_EMAIL = _compiled(*_HINTS, EMAIL.gate)


def may_hold_secrets(encoded: bytes, email: bool = False) -> bool:
    """Whether JSON has to be looked at closely. ``email`` counts an ``@`` too."""
    return (_GATE_WITH_EMAIL if email else _GATE).search(encoded) is not None
