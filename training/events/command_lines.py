"""Secrets among the words of a command: those of an option, and those that it reads from ``echo``.

Invariant: a rule looks no further than a few hundred characters from the command's name. An option without
a value, a variable and a file's name stay.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re
from collections.abc import Iterator

from training.events.randomness import is_placeholder
from training.events.rules import NOT_MARK, Rule


def _option(kind: str, hints: str, gate: bytes, command: str, option: str, value: str) -> Rule:
    """A password among the arguments of a command: up to 300 characters after its name."""
    pattern = rf"(?<![\w/-])(?:{command})(?=\s)[^\n|;]{{0,300}}?\s{option}(?P<secret>{NOT_MARK}{value})"
    return Rule(kind, tuple(hints.split()), gate, re.compile(pattern))


_USER = r"[\"']?[^\s:\"'$]{1,128}:"
_WORD = r"[^\s\"'`$<{-][^\s\"'`]{3,255}"
_RANDOM = r"(?=[A-Za-z._~+/=-]{0,64}[0-9])[A-Za-z0-9._~+/=-]{16,512}"
_KEY = r"(?=[A-Za-z_-]{0,64}[0-9])(?=[A-Za-z0-9_-]{0,64}[A-Z])[A-Za-z0-9_-]{20,128}"


def _after(hints: str, before: str, value: str = _WORD, gate: bytes = b"") -> Rule:
    """A password that follows ``before`` directly. One of the hints is in all that ``before`` matches."""
    words = tuple(hints.split("|"))
    gate = gate or b"|".join(re.escape(word).encode() for word in words)
    pattern = rf"(?<![\w/-])(?:{before})[\"']?(?P<secret>{NOT_MARK}{value})"
    return Rule("password", words, gate, re.compile(pattern))


COMMAND_RULES: tuple[Rule, ...] = (
    _option(
        "password",
        "curl wget http xh",
        rb"(?:curl|https?|xh)\b[^\n]*\s(?:-u|--user|--proxy-user|-U|-a|--auth)",
        "curl|https?|xh",
        rf"(?:-[A-Za-z]{{0,6}}[uUa]|--(?:proxy-)?user|--auth)(?:=|\s{{0,4}}){_USER}",
        r"(?!//)[^\s\"'`$<{][^\s\"'`]{0,255}",
    ),
    _option(
        "password",
        "sshpass plink pscp",
        rb"sshpass|plink|pscp",
        "sshpass|plink|pscp",
        r"(?:-p|-pw) ?[\"']?",
        r"[^\s\"'`$<{-][^\s\"'`]{2,255}",
    ),
    _option(
        "password",
        "mysql mariadb",
        rb"mysql|mariadb",
        "mysql(?:dump|admin|import|check|show|sh)?|mariadb(?:-dump)?",
        r"-p[\"']?",
        r"[^\s\"'`$<{-][^\s\"'`]{2,255}",
    ),
    _option(
        "password",
        "redis-cli",
        rb"redis-cli",
        "redis-cli",
        r"(?:-a|--pass|AUTH|auth) [\"']?",
        r"[^\s\"'`$<{-][^\s\"'`]{2,255}",
    ),
    _option(
        "password",
        "docker podman helm mongo sqlcmd ldap az twine",
        rb"(?:docker|podman|nerdctl|helm|mongo|sqlcmd|bcp|ldap)|\baz login|twine",
        r"(?:docker|podman|nerdctl|helm registry|az) login|twine upload|mongo(?:sh|dump|restore|export|import)?|sqlcmd|bcp|ldap(?:search|modify|add|whoami|passwd)",
        r"(?:-p|-P|-w)[ =]?[\"']?",
        r"[^\s\"'`$<{-][^\s\"'`]{3,255}",
    ),
    _option(
        "password",
        "zip 7z",
        rb"(?:zip|7z)",
        "7za?|7zr|zip|unzip",
        r"(?:-p|-P ?)[\"']?",
        r"[^\s\"'`$<{-][^\s\"'`]{3,255}",
    ),
    _option(
        "password",
        "smbclient",
        rb"smbclient|smbmap|rpcclient",
        "smbclient|smbmap|rpcclient",
        r"-U ?[\"']?[^\s%\"']{1,64}%",
        r"[^\s\"']{3,128}",
    ),
    _option(
        "password",
        "useradd usermod",
        rb"useradd|usermod",
        "useradd|usermod",
        r"(?:-p|--password)[ =]?[\"']?",
        _WORD,
    ),
    _option("password", "mysqladmin", rb"mysqladmin", "mysqladmin", r"password [\"']?", _WORD),
    _option("password", "openssl", rb"openssl", "openssl enc", r"-k [\"']?", _WORD),
    _option("password", "nmcli", rb"nmcli", "nmcli", r"password [\"']?", _WORD),
    _option(
        "password",
        "freerdp rdesktop",
        rb"freerdp|rdesktop",
        r"[wx]freerdp\d?|rdesktop",
        r"(?:/p:|-p ?)[\"']?",
        _WORD,
    ),
    _option("password", "lftp", rb"lftp", "lftp", r"-u [\"']?[^\s,\"']{1,64},", _WORD),
    _option(
        "assigned-secret",
        "push",
        rb"push",
        r"(?:gem|nuget|dotnet nuget) push",
        r"(?:--key|--api-key|-k) [\"']?",
        _RANDOM,
    ),
    _option("assigned-secret", "gcloud", rb"gcloud", "gcloud", r"--(?:api-)?key[ =][\"']?", _KEY),
    _after("htpasswd", r"htpasswd +(?:-\w+ +){0,3}-\w*n\w*b\w* +[^\s-]\S{0,64} +"),
    _after("htpasswd", r"htpasswd +(?:-\w+ +){0,3}-[a-mo-z]*b[a-mo-z]* +\S{1,256} +\S{1,64} +"),
    _after("vault login|cargo login", r"(?:vault|cargo) login +", _RANDOM),
    _after("vault login", r"vault login +(?:-\S+ +){0,3}(?:token=)?", r"s\.[A-Za-z0-9]{20,64}"),
    _after("wandb", r"wandb login +(?:--\w+(?:=\S+)? +){0,3}", r"[0-9a-f]{40}"),
    _after(
        ":_authtoken|:_password|:_auth",
        r"config set +(?:-\S+ +){0,3}[\"']?//[^\s:]{1,200}(?::\d{1,5}[^\s:]{0,200})?:_(?:authToken|password|auth)[ =]+",
    ),
    _after("wpa_passphrase", r"wpa_passphrase +(?:\"[^\"\n]{1,64}\"|'[^'\n]{1,64}'|\S{1,64}) +"),
    _after("net user", r"net user +\S{1,64} +", r"(?!/)" + _WORD),
    _after(
        "from-literal", r"--from-literal[= ][\"']?[\w.-]{1,64}=", r"(?=[^\s\"']{0,64}[0-9])[^\s\"'`]{8,512}"
    ),
    _after("http-basic", r"config +(?:-\w+ +|--\w+ +){0,3}http-basic\.\S{1,128} +[^\s-]\S{0,128} +"),
    _after("pypi-token", r"config +(?:-\w+ +|--\w+ +){0,3}pypi-token\.\S{1,64} +"),
    _after(
        "bundle config",
        r"bundle config +(?:set +)?(?:--\w+ +)?\S{1,128} +[^\s:\"']{1,64}:",
        r"(?!//)" + _WORD,
    ),
    _after("password-command", r"--password-command[= ][\"']?echo +"),
    _after(
        "send",
        r"(?i:password)[^\n]{0,80}send(?:_user|line)? +[\"']",
        r"[^\s\"'`$<{-][^\s\"'`\\]{3,255}(?=\\[rn])",
        rb"passw",
    ),
    _after("community", r"snmp-server community ", r"(?=\S{0,64}[0-9])" + _WORD),
    _after("rocommunity|rwcommunity", r"r[ow]community6? ", r"(?!public|private)" + _WORD),
    _after(
        "secret|password",
        r"(?:enable|username \S{1,64}(?: privilege \d{1,2})?) (?:secret|password)(?: \d)? ",
        r"(?=\S{0,64}[0-9])" + _WORD,
    ),
    _after("stats auth", r"stats auth [^\s:]{1,64}:"),
    _after("{plain}|{cleartext}", r"[^\s:]{1,64}:\{(?:PLAIN|CLEARTEXT)\}"),
    _after("static:", r"static:[^\s:]{1,64}:"),
)

_READS_IT = (
    r"(?:sudo[ \t]+[^|\n;<]{0,60}?(?:-[a-zA-Z]*S\b|--stdin)|chpasswd|passwd\b|base64\b|smbpasswd|cryptsetup[ \t]+\w+|kinit\b|su[ \t]+-"
    r"|[^|\n;<]{0,120}?(?:--pass(?:word|phrase)-(?:stdin|fd)|--passwd-on-stdin|--with-token|-pass(?:in|out)?[ =]stdin|login[ \t]+-(?=\s|$)))"
)
_PIPED = re.compile(
    rf"\b(?:echo|printf)[ \t]+(?P<words>[^\n|]{{3,400}}?)\|[ \t]*(?:sudo[ \t]+)?(?P<reader>{_READS_IT})"
)
_HERE = re.compile(rf"(?P<reader>{_READS_IT})[^\n<|]{{0,120}}<<<[ \t]*(?P<words>[^\n|;]{{3,300}})")
_ARGUMENT = re.compile(
    r"\"(?P<double>[^\"\n]{1,300})\"|'(?P<single>[^'\n]{1,300})'|(?P<bare>[^\s\"';&)]{1,300})"
)
_ENTRY = re.compile(r"(?:[^\\\s]|\\(?!n))+")


def piped(text: str) -> Iterator[tuple[int, int, str]]:
    """Passwords that a command reads from ``echo``, ``printf`` or a here-string."""
    for pattern in (_PIPED, _HERE):
        for match in pattern.finditer(text):
            with_user = match["reader"].startswith(("chpasswd", "base64"))
            for word in _ARGUMENT.finditer(text, *match.span("words")):
                start, end = word.span(word.lastgroup or 0)
                for entry in _ENTRY.finditer(text, start, end):
                    begin = text.find(":", *entry.span()) + 1 if with_user else entry.start()
                    if not (with_user and begin == 0) and _is_written(text[begin : entry.end()]):
                        yield begin, entry.end(), "password"


def _is_written(value: str) -> bool:
    """Whether it is the password itself: no option, no format, no variable."""
    return len(value) >= 4 and value[0] not in "-$%`</" and not is_placeholder(value)
