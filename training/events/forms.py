"""Secrets with a form of their own: said in prose in several languages, signatures, databases, wallets, bots.

Invariant: as in ``rules``: each pattern reads a text in linear time, and one of its hints is in all it matches.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re

from training.events.rules import NOT_MARK, Rule

_PASSWORDS = "password|passphrase|passwort|kennwort|contraseña|clave secreta|mot de passe|пароль|senha|wachtwoord|hasło|lösenord"
_IS = r"(?: (?:is|lautet|ist|es|est|é|to|jest|är))?(?: ?[:=—–-])?"
_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_PROSE_HINTS = (
    "passwor", "passphrase", "kennwort", "contraseña", "clave secreta", "mot de passe", "ароль", "senha",
    "wachtwoord", "hasło", "lösenord",
)  # fmt: skip
_PROSE_GATE = b"|".join(hint.encode() for hint in _PROSE_HINTS)

FORM_RULES: tuple[Rule, ...] = (
    Rule(
        "password",
        _PROSE_HINTS,
        _PROSE_GATE,
        re.compile(
            rf"(?i)\b(?:{_PASSWORDS}){_IS} ?\\?[\"'“«‘„] ?"
            r"(?P<secret>(?=[^\s\"']{0,64}[0-9])(?!\[redacted|\$|\{|<|%)[^\s\"'“”«»’\\]{6,128})"
        ),
    ),
    Rule(
        "password",
        (*_PROSE_HINTS[2:], "passwort"),
        b"passwort|" + _PROSE_GATE,
        re.compile(
            rf"(?i)\b(?:{_PASSWORDS})(?: (?:lautet|ist|es|est|é|jest|är):?| ?[:=—–]) "
            r"(?P<secret>(?=[^\s\"']{0,64}[0-9])(?=[^\s\"']{0,64}[A-Za-z])(?!\[redacted|\$|\{|<|%)[^\s\"'«»]{6,128}?)(?=[.,;!]?(?:\s|\\|\"|$))"
        ),
    ),
    Rule(
        "password",
        ("postgres", "mysql", "mariadb", "mongodb", "redis", "amqp"),
        rb"://[^\s:@/\"]*:[^@/\n\"\\]* [^@/\n\"\\]*@",
        re.compile(
            r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?)(?:\+[a-z0-9]{1,20})?://[^\s:/@]{1,64}:"
            r"(?P<secret>"
            + NOT_MARK
            + r"(?![0-9]{2,5}\s)[^\s@/:\"'$]{1,64}(?: [^\s@/:\"'$]{1,64}){1,4})@(?=[\w.-]{1,253}[:/])"
        ),
    ),
    Rule(
        "password",
        ("pragma",),
        rb"pragma\s+[a-z.]*key",
        re.compile(
            r"(?i)\bpragma\s{1,4}(?:\w{1,64}\.)?(?:re)?key\s{0,4}=\s{0,4}\\?[\"'](?:x')?(?P<secret>"
            + NOT_MARK
            + r"[^\"'\n;\\]{4,256})"
        ),
    ),
    Rule(
        "private-key",
        ("client-key-data",),
        rb"client-key-data",
        re.compile(r"client-key-data\\?[\"']?:\s{0,4}\\?[\"']?(?P<secret>[A-Za-z0-9+/]{24,16384}+={0,2})"),
    ),
    Rule(
        "authorization",
        ("x-amz-s", "x-goog-signature"),
        rb"x-(?:amz|goog)-s",
        re.compile(
            r"(?i)\bx-(?:amz|goog)-(?:signature|security-token)=(?P<secret>[A-Za-z0-9%/+_-]{32,4096}+)"
        ),
    ),
    Rule(
        "wallet-key",
        ("wif", "privkey", "wallet", "bitcoin"),
        rb"wif|privkey|wallet|bitcoin",
        re.compile(
            rf"(?i:wif|privkey|wallet|bitcoin)[^\n]{{0,80}}?(?<![A-Za-z0-9])(?P<secret>[5KLc9]{_BASE58}{{50,51}})(?![A-Za-z0-9])"
        ),
    ),
    Rule(
        "discord-token",
        (".",),
        rb"(?-i:[MNO][DTjz][AEIMQUYcgk][w-z0-5][MNO][DTjz][AEIMQUYcgk][w-z0-5][MNO][DTjz])",
        # the digits of a user's number in base64
        re.compile(
            r"(?<![A-Za-z0-9_-])(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}(?:[MNO][A-Za-z0-9]{1,2})?\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])"
        ),
    ),
)
