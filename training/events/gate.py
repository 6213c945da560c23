"""A quick look at an encoded event: can there be a secret in it at all?

Invariant: whatever ``redact`` would take out of a value makes ``may_hold_secrets`` true for its JSON; most
events pass in a few microseconds, because each pattern starts with one rare letter that is searched for at
the speed of memory. The hints here are those of ``rules`` and ``assignments``, in lower case.
"""

import re

_HINTS: tuple[re.Pattern[bytes], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        # token, ...-key, sk-..., akia; a number under "tokens" is a count, not a secret
        rb"k(?:(?<=tok)en(?!s?\":[0-9n])|(?<=[_isethng-]k)ey|(?<=sk)-|(?<=ak)ia)",
        rb"_(?:(?<=(?:gh[pousr]|pat|ive|est|sec|npm)_)|(?<=hf_))",
        rb"w(?:(?<=pw)d|(?<=passw))",
        rb"-(?:(?<=----)begin |(?<=glpat-)|(?<=gocspx-)|(?<=pypi-)|(?<=xox[abeoprs]-))",
        rb"/(?<=://)",
        rb"\.(?:(?<=ya29\.)|(?<=sg\.)|(?<=slack\.))",
        rb"z(?:(?<=authoriz)ation|(?<=aiz)a)",
        rb"j(?<=eyj)",
    )
)
_WORDS = (b"credential", b"passphrase", b"secret", b"bearer ")


def may_hold_secrets(encoded: bytes, email: bool = False) -> bool:
    """Whether JSON has to be looked at closely. ``email`` counts an ``@`` too."""
    lower = encoded.lower()
    for hint in _HINTS:
        if hint.search(lower):
            return True
    for word in _WORDS:
        if word in lower:
            return True
    return b"ASIA" in encoded or (email and b"@" in encoded)
