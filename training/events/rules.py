"""The formats of secrets that redaction knows.

Invariant: a rule's ``hints`` are in every text that its pattern can match, so that a text without them is
passed over at the speed of a substring search. The group ``secret`` is what is taken out; the whole match
where there is none.
"""

import re
from dataclasses import dataclass

_START = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_-])"


@dataclass(frozen=True, slots=True)
class Rule:
    """One format. ``hints`` are lower case and looked for without regard to case."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _token(kind: str, hint: str, body: str) -> Rule:
    return Rule(kind, (hint,), re.compile(_START + body + _END))


RULES: tuple[Rule, ...] = (
    Rule(
        "private-key",
        ("private key",),
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
            r"(?=(?:\s++|\\[nr]|[A-Za-z-]++: [^\n\\]*+){0,20}+[A-Za-z0-9+/=]{16})"
            r"(?:\s++|\\[nr]|[A-Za-z-]++: [^\n\\]*+|[A-Za-z0-9+/=]{16,}+"
            r"|[A-Za-z0-9+/=]{1,15}+(?=(?:\s|\\[nr])*+-----END))*+"
            r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    _token("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    _token("openrouter-key", "sk-or-", r"sk-or-v1-[a-f0-9]{32,}"),
    _token("openai-key", "sk-", r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}"),
    _token("openai-key", "sk-", r"sk-[A-Za-z0-9]{20,}"),
    Rule("github-token", ("gh",), re.compile(_START + r"gh[pousr]_[A-Za-z0-9]{36,}" + _END)),
    _token("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _token("gitlab-token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    Rule("aws-key", ("akia", "asia"), re.compile(_START + r"(?:AKIA|ASIA)[A-Z2-7]{16}" + _END)),
    Rule(
        "aws-secret",
        ("secret",),
        re.compile(
            r"(?i:aws_?secret_?access_?key|secretaccesskey)[\"']?\s*[:=]\s*[\"']?"
            r"(?P<secret>[A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])"
        ),
    ),
    _token("google-key", "aiza", r"AIza[A-Za-z0-9_-]{35}"),
    _token("google-token", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),
    _token("google-secret", "gocspx-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    _token("slack-token", "xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    Rule(
        "slack-webhook",
        ("hooks.slack.com",),
        re.compile(
            r"https://hooks\.slack\.com/services/(?P<secret>T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{16,})"
        ),
    ),
    Rule(
        "stripe-key",
        ("k_live_", "k_test_"),
        re.compile(_START + r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}" + _END),
    ),
    _token("stripe-secret", "whsec_", r"whsec_[A-Za-z0-9+/]{24,}"),
    _token("huggingface-token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    _token("npm-token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,}"),
    _token("docker-token", "dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{20,}"),
    _token("sendgrid-key", "sg.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _token("jwt", "eyj", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    Rule(
        "authorization",
        ("authorization",),
        re.compile(
            r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+"
            r"(?P<secret>(?!\{|\$|<|\[redacted)[A-Za-z0-9._~+/=-]{8,})"
        ),
    ),
    Rule(
        "authorization",
        ("bearer ",),
        re.compile(r"\b[Bb]earer (?P<secret>(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{20,}=*)"),
    ),
    Rule(
        "password",
        ("://",),
        re.compile(
            r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://[^\s:/@\"'<>{}]{0,64}:"
            r"(?P<secret>(?![$<{]|\[redacted)[^\s/@\"'<>{}]{1,256})@(?=[A-Za-z0-9\[])"
        ),
    ),
)

EMAIL = Rule(
    "email",
    ("@",),
    re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
)
