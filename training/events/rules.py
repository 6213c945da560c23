"""The formats of secrets that have more than a prefix.

Invariant: a rule's ``hints`` are in every text that its pattern can match, so that a text without them is
passed over at the speed of a substring search, and each pattern reads a text in linear time. The group
``secret`` is what is taken out; the whole match where there is none.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re
from dataclasses import dataclass

_START = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_-])"
_GAP = r"(?:[^\S\n]|\\[nrt]|\r?\n)"
_AUTHORIZATION = r"(?i)authorization\\{0,3}[\"']?\s{0,4}[:=,]\s{0,4}\\{0,3}[frb]{0,2}[\"']?"
NOT_MARK = r"(?!\$|\{|<|\[redacted|%[A-Za-z_(])"


@dataclass(frozen=True, slots=True)
class Rule:
    """One format. ``hints`` are lower case and looked for without regard to case; ``gate`` is a pattern of
    RE2 that stops at whatever the rule could match, in a text or in its JSON."""

    kind: str
    hints: tuple[str, ...]
    gate: bytes
    pattern: re.Pattern[str]


RULES: tuple[Rule, ...] = (
    Rule(
        "jwt",
        ("eyj",),
        rb"(?-i:eyJ)",
        re.compile(
            _START + r"eyJ[A-Za-z0-9_-]{8,}+(?:\.eyJ[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]{8,}+)?"
            r"|(?:\.[A-Za-z0-9_-]*+){4})" + _END
        ),
    ),
    Rule(
        "authorization",
        ("authorization",),
        rb"authoriz",
        re.compile(
            _AUTHORIZATION
            + r"(?:bearer|basic|token|apikey|api-key|negotiate|ntlm|key|sso-key|bot|splunk|jwt|hawk)\s{1,4}"
            r"(?P<secret>(?!\{|\$|<|\[redacted|your|my[_-]|auth|access[_ -]?token)[A-Za-z0-9._~+/=:-]{8,8192}+)(?![(\[{])"
        ),
    ),
    Rule(
        "authorization",
        ("authorization",),
        rb"authoriz",
        re.compile(
            _AUTHORIZATION
            + r"(?P<secret>(?=[A-Za-z._~+/=-]{0,64}[0-9])(?!\[redacted)[A-Za-z0-9._~+/=:-]{16,8192}+)(?![(\[{])"
        ),
    ),
    Rule(
        "authorization",
        ("digest ",),
        rb"digest ",
        re.compile(r"(?i)\bdigest\s[^\n]{0,400}?\bresponse=\\?[\"']?(?P<secret>[a-f0-9]{32,64})\b"),
    ),
    Rule(
        "authorization",
        ("aws4-hmac",),
        rb"aws4-hmac",
        re.compile(r"(?i)aws4-hmac-sha256\s[^\n]{0,600}?\bsignature=(?P<secret>[a-f0-9]{64})\b"),
    ),
    Rule(
        "authorization",
        ("bearer ",),
        rb"bearer ",
        re.compile(r"\b[Bb]earer (?P<secret>(?=[A-Za-z._~+/-]{0,512}[0-9])[A-Za-z0-9._~+/-]{20,8192}+=*+)"),
    ),
    Rule(
        "slack-webhook",
        ("hooks.slack.com",),
        rb"slack\.",
        re.compile(
            r"hooks\.slack\.com/(?:services|workflows|triggers)/"
            r"(?P<secret>[A-Za-z0-9]{6,}+/[A-Za-z0-9]{6,}+(?:/[A-Za-z0-9]{8,}+){1,2})"
        ),
    ),
    Rule(
        "webhook",
        ("/api/webhooks/",),
        rb"/api/webhooks/",
        re.compile(
            r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{15,21}/(?P<secret>[A-Za-z0-9_-]{40,100})"
        ),
    ),
    Rule(
        "webhook",
        ("incomingwebhook/",),
        rb"incomingwebhook/",
        re.compile(r"(?i)incomingwebhook/(?P<secret>[a-f0-9]{32}/[a-f0-9-]{36}(?:/[\w-]{1,60})?)"),
    ),
    Rule(
        "telegram-token",
        (":aa",),
        rb"[0-9]:(?-i:AA)",
        re.compile(r"(?<![A-Za-z0-9_-])(?:bot)?(?P<secret>[0-9]{7,12}:AA[A-Za-z0-9_-]{32,35})" + _END),
    ),
    Rule(
        "discord-token",
        ("discord", "bot "),
        rb"discord|bot ",
        re.compile(_START + r"[MNO][A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,40}" + _END),
    ),
    Rule(
        "azure-secret",
        ("q~",),
        rb"[0-9](?-i:Q)~",
        re.compile(r"(?<![A-Za-z0-9_.~-])[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])"),
    ),
    Rule(
        "terraform-token",
        (".atlasv1.",),
        rb"\.atlasv1\.",
        re.compile(_START + r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    ),
    Rule(
        "mailchimp-key",
        ("-us",),
        rb"[0-9a-f]-us[0-9]",
        re.compile(_START + r"[a-f0-9]{32}-us[0-9]{1,2}" + _END),
    ),
    Rule(
        "maxmind-key", ("_mmk",), rb"_mmk", re.compile(_START + r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk" + _END)
    ),
    Rule(
        "password-hash",
        ("$",),
        rb"\$(?:2[abxy]|[156y]|apr1|argon2(?:id?|d)|pbkdf2[a-z0-9-]*|scrypt)\$",
        re.compile(
            r"\$(?:2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|(?:[156y]|apr1)\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9$]{1,60}\$[./A-Za-z0-9]{22,86}"
            r"|(?:argon2(?:id?|d)|pbkdf2[a-z0-9-]*|scrypt)\$[A-Za-z0-9=,$+/.]{30,300})"
        ),
    ),
    Rule(
        "password",
        ("login",),
        rb"login",
        re.compile(
            rf"(?i)\blogin{_GAP}{{1,8}}[^\s\\]{{1,128}}{_GAP}{{1,8}}(?:account{_GAP}{{1,8}}[^\s\\]{{1,128}}{_GAP}{{1,8}})?"
            rf"password{_GAP}{{1,8}}[\"']?(?P<secret>(?!{_GAP}|\[redacted|\$|<)[^\s\\\"']{{2,256}})"
        ),
    ),
    Rule(
        "password",
        (":543", ":6432:", ":6543:", ":*:"),
        rb":(?:543[0-9]|6432|6543|\*):",
        re.compile(
            r"(?m)(?:^|(?<=\\n))[^:\s#\\/]{1,128}:(?:543[0-9]|6432|6543|\*):(?![0-9]{1,6}:)[^:\s]{1,64}:[^:\s]{1,64}:"
            r"(?P<secret>(?!\[redacted)[^\s\\\"']{3,256})"
        ),
    ),
    Rule(
        "password",
        ("@tcp(", "@unix("),
        rb"@(?:tcp|unix)\(",
        re.compile(
            r"(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]{1,64}:(?P<secret>"
            + NOT_MARK
            + r"[^\s:\"']{1,128}?)@(?:tcp|unix)\("
        ),
    ),
    Rule(
        "password",
        ("jdbc:oracle", "sqlplus"),
        rb"jdbc:oracle|sqlplus",
        re.compile(
            r"(?:jdbc:oracle:(?:thin|oci8?):|sqlplus(?: -[SLs]+)? )[A-Za-z0-9_.$-]{1,64}/"
            r"(?P<secret>" + NOT_MARK + r"[^\s@\"']{3,128})@"
        ),
    ),
    Rule(
        "password",
        ("pass:",),
        rb"-pass(?:in|out)?",
        re.compile(r"-pass(?:in|out)? [\"']?pass:(?P<secret>" + NOT_MARK + r"[^\s\"']{3,256})"),
    ),
    Rule(
        "password",
        ("securestring",),
        rb"securestring",
        re.compile(r"(?i)convertto-securestring (?:-string )?[\"'](?P<secret>(?!\$)[^\"'\n]{4,256})[\"']"),
    ),
    Rule(
        "password",
        ("identified by", "password "),
        rb"identified by|password [\\\"']",
        re.compile(
            r"(?i)\b(?:identified by(?: password)?|(?:with(?: encrypted)?|login|superuser|createdb|role \w{1,64}|user [\w\"'@%.-]{1,64}) password)\s{1,4}"
            r"\\{0,2}[\"'](?P<secret>(?!\[redacted|\$|%|\?)[^\"'\n\\]{4,256})\\{0,2}[\"']"
        ),
    ),
    Rule(
        "password",
        ("password(",),
        rb"password\(",
        re.compile(
            r"(?i)password\(\s{0,4}\\{0,2}(?P<q>[\"'])(?P<secret>(?=[^\"'\n]{0,64}[0-9]|[a-z]{12})(?!\[redacted|\$|\{)[^\s\"'\n\\]{6,256})\\{0,2}(?P=q)\s{0,4}\)"
        ),
    ),
    Rule(
        "password",
        ("auth", "login", "credential", "create"),
        rb"(?:auth(?:entication)?|login|credentials?|create_?(?:super)?_?user)[^a-z]{0,4}\(",
        re.compile(
            r"(?i)(?:auth(?:entication)?|login|credentials?|create_?(?:super)?_?user)\s{0,4}=?\s{0,4}\(\s{0,4}\\?(?P<q>[\"'])[^\"'\n]{1,128}(?P=q)\s{0,4},\s{0,4}"
            r"\\?(?P<r>[\"'])(?P<secret>(?!\$|\{|<|\[redacted|pass(?:word)?[\"'\\]|string[\"'])[^\"'\n\\]{4,256})\\?(?P=r)"
        ),
    ),
    Rule(
        "password",
        ("passw", "passphrase"),
        rb"passw|passphrase",
        re.compile(
            r"(?i)\bpass(?:word|wd|phrase)(?: for [^\n:]{1,60}?)?(?:(?: (?:is|(?:was |is )?(?:re)?set to|to)):?|(?<=\w):(?<! password:)) [\"'`]?"
            r"(?P<secret>(?=[^\s\"'`]{0,64}[0-9])(?=[^\s\"'`]{0,64}[A-Za-z])(?!\[redacted)[^\s\"'`]{6,128}?)[\"'`]?(?=[.,;!]?(?:\s|$))"
        ),
    ),
    Rule(
        "password",
        ("passphrase is",),
        rb"passphrase is",
        re.compile(r"(?i)\bpassphrase is:? [\"'`]?(?P<secret>[a-z]{3,20}(?:-[a-z]{3,20}){2,8})\b"),
    ),
    Rule(
        "password",
        ("login", "log in", "credential", "sign in"),
        rb"(?:log ?in|sign in|credentials?)(?: with| as| is| are|:| =)? [^ ]* / ",
        re.compile(
            r"(?i)\b(?:log ?in|sign in|credentials?)(?: with| as| is| are|:| =)? \S{2,64} / (?P<secret>(?=\S{0,64}[0-9])(?=\S{0,64}[a-z])[^\s\"',;]{6,128})"
        ),
    ),
    Rule(
        "password",
        ("q{", "qq{"),
        rb"q\{",
        re.compile(
            r"(?i)(?:passw(?:or)?d|pwd|secret|token|key)\s{0,4}=\s{0,4}qq?\{(?P<secret>[^{}\n]{6,256})\}"
        ),
    ),
    Rule(
        "password",
        ("jwt.", "hmac", "fernet(", "crypt("),
        rb"jwt\.|hmac|fernet\(|crypt\(",
        re.compile(
            r"(?i)(?:\bjwt\.(?:sign|encode|verify|decode)\([^\n,()]{1,80},|\bcreateHmac\([^\n,()]{1,40},|\bhmac\.new\(|\bFernet\(|\bcrypt\()\s{0,4}b?"
            r"\\?(?P<q>[\"'])(?P<secret>(?=[^\"'\n]{0,64}[0-9])[^\s\"'\n\\$%{}]{6,512})\\?(?P=q)"
        ),
    ),
    Rule(
        "password",
        ("--pass", "'pass", '"pass'),
        rb"pass(?:word|phrase|wd)",
        re.compile(
            r"[\"']--?pass(?:word|phrase|wd)?\\?[\"'][^\n()]{0,120}?\bdefault=\\?(?P<q>[\"'])(?P<secret>(?!\$|\{|<|\[redacted)[^\s\"'\n\\]{6,256})\\?(?P=q)"
        ),
    ),
    Rule(
        "password",
        ("identified by",),
        rb"identified by",
        re.compile(
            r"(?i)\bidentified by (?P<secret>(?!password|values|externally|globally|random)[^\s\"';,:?$%&@()<\[\\]{6,128})(?=\s{0,4};)"
        ),
    ),
    Rule(
        "password",
        ("options",),
        rb"options\s*\(",
        re.compile(r"(?i)\boptions\s{0,4}\([^()\n]{0,300}\bpassword\s{1,4}'(?P<secret>[^'\n]{4,256})'"),
    ),
    Rule(
        "cookie",
        ("true\t", "false\t"),
        rb"(?:true|false)(?:\t|\\+t)",
        re.compile(
            r"(?:TRUE|FALSE)(?:\t|\\t)[0-9]{1,12}(?:\t|\\t)[^\s\\]{1,128}(?:\t|\\t)(?P<secret>(?!\[redacted)[^\s\\\"]{6,4096})"
        ),
    ),
    Rule(
        "private-key",
        ("ls0tls1crudjti",),
        rb"LS0tLS1CRUdJTi",
        re.compile(r"LS0tLS1CRUdJTi(?!BDRVJU|BQVUJM|BUUlVT)(?P<secret>[A-Za-z0-9+/]{20,}+={0,2})"),
    ),
    Rule(
        "private-key",
        ('"kty"',),
        rb"kty",
        re.compile(
            r"(?<=[{,\s])\\?\"(?:d|p|q|dp|dq|qi|k)\\?\"\s{0,4}:\s{0,4}\\?\"(?P<secret>[A-Za-z0-9_-]{20,2048})\\?\""
        ),
    ),
)

EMAIL = Rule(
    "email",
    ("@",),
    rb"@",
    re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
)
