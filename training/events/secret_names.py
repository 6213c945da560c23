"""Names that secrets are given to, in any spelling: ``dbPassword``, ``DB_PASSWORD``, ``db-password``.

Invariant: only the name is looked at; whether a value is a secret is decided elsewhere.
"""

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["password", "assigned-secret"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORD = re.compile(
    r"(?:passwords?|passwds?|passwort|passphrases?|passcodes?|pwds?|passw|psswd|psk|presharedkey|masterauth)$"
)
SHORT = ("pass", "pw", "psw")
"""Passwords by their name alone only where the value looks like one."""
_BEFORE_PASS = {
    *(
        "db",
        "database",
        "user",
        "usr",
        "admin",
        "root",
        "smtp",
        "mail",
        "email",
        "ftp",
        "sftp",
        "ssh",
        "ldap",
        "http",
    ),
    *(
        "mysql",
        "postgres",
        "pg",
        "mongo",
        "redis",
        "rabbitmq",
        "amqp",
        "mqtt",
        "proxy",
        "store",
        "key",
        "auth",
        "login",
    ),
    *(
        "sudo",
        "become",
        "bind",
        "client",
        "service",
        "api",
        "app",
        "basic",
        "imap",
        "pop3",
        "vnc",
        "wifi",
        "my",
        "sa",
        "require",
        "default",
        "master",
        "storage",
    ),
}
_SECRET = re.compile(
    r"(?:secrets?|tokens?|credentials?|creds|jwt|bearer|secretkeybase|secretvalue|secretstring"
    r"|secretid|accesskeyid|connectionstring|connstr|phpsessid|jsessionid|dsn|authorization|hmac|otpseed|mnemonic"
    r"|tokenvalue|apikeyvalue|webhookurl|cookiesecret|saskey|sastoken"
    r"|(?:api|app|application|access|private|secret|account|auth|encryption|encrypt|decryption|signing|sign|signature"
    r"|client|master|shared|sharedaccess|storage|subscription|session|consumer|licen[cs]e|webhook|deploy|ssh|admin"
    r"|preshared|service|servicerole|role|anon|cookie|jwt|hmac|crypt|cipher|host|publish|write|integration|ingest"
    r"|ingestion|primary|secondary|user|developer|dev|server|provider|backup|vault|unseal|recovery|root|license"
    r"|openai|anthropic|gemini|groq|mistral|cohere|stripe|sendgrid|mailgun|datadog|dd|algolia|cloudflare|heroku"
    r"|github|gitlab|azure|aws|gcp|google|maps|firebase|twilio|pinecone|deepl|newrelic|sentry)keys?)$"
)
_NOT_SECRET = re.compile(
    r"(?:next|page|continuation|sync|start|end|eos|bos|pad|unk|mask|sep|cls|stop|cancellation|public|prompt|completion"
    r"|max|min|num|total|input|output|cached|special|design|foreign|partition|sort|idempotency|id|context)(?:page)?(?:tokens?|keys?)$"
)


@lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind | None:
    """The kind of secret that a value under this name would be, or None."""
    words = [word.lower() for word in _WORDS.findall(name[-120:])]
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return None
    joined = "".join(words[-4:])
    if _PASSWORD.search(joined):
        return "password"
    if words[-1] in SHORT and len(words) > 1 and words[-2] in _BEFORE_PASS:
        return "password"
    if words in ([short] for short in SHORT):
        return "password"
    if any(joined.endswith(short) and joined[: -len(short)] in _BEFORE_PASS for short in SHORT):
        return "password"
    if _NOT_SECRET.search(joined):
        return None
    return "assigned-secret" if _SECRET.search(joined) else None


def is_password(name: str) -> bool:
    """Whether a password is what goes by this name."""
    return kind_of(name) == "password"
