"""Secrets known by the name they are given to: ``API_KEY=...``, ``"dbPassword": "..."``, ``--token ...``.

Invariant: code that only names a secret (``password: str``, ``token = next(lexer)``, ``api_key=settings.key``)
stays. A literal is a secret where the name is a password's, or where it looks random. Every name in
the text is read once, and every value at most ``LONGEST`` characters far.
"""
# ruff: noqa: E501  (patterns and samples are read as one line)

import re
from collections.abc import Iterator

from training.events.randomness import LONGEST, is_mixed, is_placeholder, looks_random
from training.events.secret_names import SHORT, Kind, kind_of

NESTED = 16
"""As many names are read inside one value, so that ``token=token=token=...`` takes no square of its length."""

Span = tuple[int, int, str]
"""Where a secret begins and ends, and its kind."""

HINTS = ("pass", "pwd", "pw", "secret", "token", "key", "cred", "jwt", "bearer", "psk", "sess", "dsn", "conn", "author", "auth")  # fmt: skip

_QUOTE = r"\\{0,3}[\"'`]"
_NAME = re.compile(
    r"(?<![A-Za-z0-9_$.-])(?:\$(?:[Ee]nv|ENV|[Gg]lobal|[Ss]cript):)?(?P<flag>--?)?(?P<name>[A-Za-z_$.][A-Za-z0-9_.$-]*+)(?P<quoted>"
    + _QUOTE
    + r")?(?:\[\w{0,12}\]|\])?"
    r"(?P<operator>(?:: ?[&A-Za-z_][A-Za-z0-9_<>\[\]?|.' ]{0,40}?)?[^\S\n]{0,20}(?:=>|:=|\?=|\+=|={1,3}|!==?|<-|:)[^\S\n]{0,8}(?:[|>][-+]?[^\S\n]*\r?\n[^\S\n]*|!{1,2}str )?"
    r"|\{(?=[\"'])|[ \t]{1,4}|[^\S\n]{0,4},[^\S\n]{0,4})"
)
_MADE_OF = r"(?:\[\]byte\(|(?:new )?(?:Secret)?(?:String|Str|Token|Password|Secret|str|bytes|SecretStr)(?:(?:::|\.)(?:from|new|of|valueOf|from_static))?\()"
_VALUE = re.compile(
    r"(?:" + _MADE_OF + r")?(?P<prefix>[rbuRBUfF@$]{0,2})(?P<quote>" + _QUOTE + r")"
    r"(?P<literal>(?!(?P=quote))(?:(?P=quote)\\(?P=quote)(?P=quote)|(?<=\w)(?P=quote){2}(?=\w)|(?!(?P=quote))[^\r\n]){4,"
    + str(LONGEST)
    + r"})(?:(?P=quote)|\\?$|(?=[\r\n]))"
    r"|(?P<bare>[^\s\"'`,;&|()\[\]{}<>\\]{4," + str(LONGEST) + r"}+)(?P<after>.?)",
    re.MULTILINE,
)
_ENV_LINE = re.compile(r"(?:^|\\n|[\r\n])[ \t]*(?:[+>-] ?|\d{1,6}[:|\t ] ?)?(?:export |set |ENV |ARG |- )?$")
_REST_OF_LINE = re.compile(r"[^\s\"'`\\]{4," + str(LONGEST) + r"}")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:$|[\r\n]|\\[nr])")
_DIRECTIVE_END = re.compile(r"[ \t]*;?[ \t]*(?:#[^\n]*)?(?:$|[\r\n]|\\[nr])")
_LINE_START = re.compile(r"(?:^|[\r\n]|\\n)[ \t+>-]*(?:\d{1,6}[:|\t ] *)?(?:export )?[\"']?$")
_DOCKERFILE = re.compile(
    r"(?:^|[\r\n]|\\n)[ \t]*(?:\d{1,6}[:|\t ] ?|Step \d+/\d+ : ?)?(?:ENV|ARG)[ \t]+$|\((?:def|defvar|defconst|defparameter|setq|setf|define)[ \t]+$|#[ \t]*define[ \t]+$"
)
_IMAGE_ENV = re.compile(r"(?:ENV|ARG)[ \t]+$")
_SETS = re.compile(
    r"(?i)(?:\bdefine|set_?env(?:ironment_?variable)?|put_?env|set_?default|set_?property|set_var)\(\s{0,4}\\?[\"']$"
)
_PLAIN_NAMES = ("password", "passwd", "passwort", "pwd", "passphrase", "passcode", "pass", "pw", "psk")
_WORD = re.compile(
    r"(?i)^[a-z]*(?:passw|pwd|passphrase|secret|token|(?<!don)(?<!mon)(?<!tur)(?<!hoc)(?<!joc)(?<!whis)key|credential|auth|user|name|pass)[a-z_]*$"
)
_COMPOUND = 15
"""From how many letters on a word without a boundary in it is no name of anything, but words in a row."""
_SENTENCE = re.compile(
    r"\b(?:an?|the|of|for|to|in|on|is|are|be|was|must|may|can|will|not?|your?|our|my|this|that|it|its|and|or|if|with|from"
    r"|please|enter|type|use|[re]*set|new|change|password|passphrase|secret|token|key|user|name|account|required)\b"
)
_TYPE = re.compile(r"^[A-Z][a-z]+(?:[A-Z][a-z]+)*$")
_CODE_WORD = re.compile(
    r"^(?:arg|args|line|val|data|item|input|output|result|res|ret|word|raw|body|param|params|opts|options|user|username"
    r"|email|name|names|await|async|new|lambda|func|function|next|get|node|path|info|msg|message|found|match|part|parts"
    r"|decoded|encoded|generated|bytes|buffer|stdin|answer|reply|request|req|response|self|this|return|const|let|var|random"
    r"|column|record|row|item|element|entry|first|last|current|previous|old|new|temp|final|public|private|static)$"
)
_FOLDERS = {"PWD", "OLDPWD", "pwd", "oldpwd"}
"""What a shell keeps the current folder in; a password only where its value is no path."""
_FOLDER_VALUE = re.compile(r"[\"'`]?(?:/|~/|\.{1,2}/)")
_SHORT_VALUE = re.compile(
    r"[\"'`]?(?=[^\s\"'`]{0,64}[0-9])(?=[^\s\"'`]{0,64}[A-Za-z])(?![^\s\"'`]{0,64}[(\[{])[^\s\"'`,]{8}|[\"'][^\s\"']{12}"
)
_SHORT_ENTRY = re.compile(r"([\"'])(?=[^\s\"']{0,64}[0-9])(?=[^\s\"']{0,64}[A-Za-z])[^\s\"'(\[{$]{5,64}\1")
"""A value behind a key in quotes, as in ``{'pw': 'ab12'}``."""
_HEX = re.compile(r"[0-9a-f]+")
_IDENTIFIER = re.compile(r"^[A-Za-z_]\w*$")
_LIST = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]{1,100}+)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}(?:\[|\((?=[^()\n]{0,2000},))(?P<items>[^\[\]()]{4,4000})[\])]"
    r"|(?m:^)[ \t]{0,40}(?P<key>[A-Za-z_][A-Za-z0-9_.-]{1,100}+):[ \t]{0,8}\r?\n(?P<lines>(?:[ \t]{0,40}- [^\s\n][^\n:]{2,300}\n?){1,50})"
)
_ITEM = re.compile(
    r"\\{0,3}(?P<quote>[\"'])(?P<item>(?:(?!(?P=quote))[^\n]){4,512}?)\\{0,3}(?P=quote)|^[ \t]*- [\"']?(?P<line>[^\s\"'\n][^\n\"']{3,300}?)[\"']?[ \t]*$",
    re.MULTILINE,
)
_PAIR = re.compile(
    r"(?<![A-Za-z0-9_])(?:key|name|Key|Name|NAME|variable)"
    + f"(?:{_QUOTE})?"
    + r"[^\S\n]{0,4}[:=][^\S\n]{0,4}"
    f"(?:{_QUOTE})?"
    + r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]{1,100}+)"
    + f"(?:{_QUOTE})?"
    + r"[^\S\n]{0,4},?(?:\s|\\[nr]){0,40}"
    f"(?:{_QUOTE})?" + r"(?:[vV]alue|VALUE)" + f"(?:{_QUOTE})?" + r"[^\S\n]{0,4}[:=][^\S\n]{0,4}"
)
_ELEMENT = re.compile(
    r"<(?P<name>[A-Za-z_][A-Za-z0-9_.:-]{2,100}+)(?:[ \t][^<>\n]{0,200})?>\s{0,20}"
    r"(?:<!\[CDATA\[)?(?P<value>[^<>\s][^<>\r\n]{3,2048}?)(?:\]\]>)?\s{0,20}</"
)


def assigned(text: str) -> Iterator[Span]:
    """The secrets that ``text`` assigns to a name."""
    run_end = nested = 0
    for match in _NAME.finditer(text):
        kind = kind_of(match["name"])
        if kind is None:
            continue
        if match["name"] in _FOLDERS and _FOLDER_VALUE.match(text, match.end()):
            continue
        if match["name"].lower() in SHORT and not _may_be_short(text, match):
            continue
        nested = nested + 1 if match.start() < run_end else 0
        if nested > NESTED:
            continue
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        run_end = max(run_end, value.end())
        if span := _value_of(text, match, value, kind):
            yield (*span, kind)
    if "alue" in text or "ALUE" in text:
        for match in _PAIR.finditer(text):
            kind = kind_of(match["name"])
            value = _VALUE.match(text, match.end()) if kind else None
            if kind and value:
                group = "literal" if value["literal"] is not None else "bare"
                if is_secret(value[group], kind):
                    yield (*value.span(group), kind)
    for match in _LIST.finditer(text):
        kind = kind_of(match["name"] or match["key"])
        if kind:
            for item in _ITEM.finditer(text, *match.span("items" if match["items"] else "lines")):
                group = "item" if item["item"] else "line"
                if is_listed(item[group], kind):
                    yield (*item.span(group), kind)
    if "</" in text:
        for match in _ELEMENT.finditer(text):
            kind = kind_of(match["name"])
            if kind and is_secret(match["value"], kind):
                yield (*match.span("value"), kind)


def _may_be_short(text: str, name: re.Match[str]) -> bool:
    """Whether the value of ``pw`` or ``pass`` looks like a password; as an entry of a dict also a short one."""
    is_entry = bool(name["quoted"]) and ":" in name["operator"]
    return bool(_SHORT_VALUE.match(text, name.end()) or (is_entry and _SHORT_ENTRY.match(text, name.end())))


def is_secret(value: str, kind: Kind) -> bool:
    """Whether a literal value under the name of a secret of ``kind`` is one."""
    value = value.rstrip("\\")
    if is_placeholder(value) or _is_name(value):
        return False
    if kind == "password":
        return len(value) >= 4 and (" " not in value or _is_phrase(value))
    return looks_random(value) or _is_long_secret(value)


def is_listed(value: str, kind: Kind) -> bool:
    """Whether an item under the name of secrets is one, and not the name of one or a word."""
    return is_secret(value, kind) and (
        kind != "password" or is_mixed(value) or "-" in value or len(value) >= _COMPOUND
    )


def _is_name(value: str) -> bool:
    """Whether it is what a secret is called: ``password``, ``authToken``; words in a row are not."""
    in_a_row = len(value) >= _COMPOUND and value.islower() and value.isalpha()
    return bool(_WORD.match(value)) and not (in_a_row and kind_of(value) is None)


def _is_long_secret(value: str) -> bool:
    """Keys of frameworks hold every sign there is: ``django-insecure-...``."""
    return (
        len(value) >= 24
        and " " not in value
        and sum(not letter.isalnum() for letter in value) >= 4
        and (looks_random("".join(letter for letter in value if letter.isalnum())))
    )


def _is_said(value: str | None) -> bool:
    """Whether what follows a secret's name after a blank alone can be nothing else: ``apikey a1B2...``."""
    return (
        value is not None
        and len(value) >= 24
        and value.isalnum()
        and looks_random(value)
        and not (value.islower() and _HEX.fullmatch(value))
    )


def _is_phrase(value: str) -> bool:
    """Words that were chosen as a password, and not a label or a sentence about one."""
    words = value.split(" ")
    ends_in_number = len(words) <= 4 and words[-1].isdigit() and len(words[-1]) >= 4
    odd = (ends_in_number and "''" in value) or any(
        any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
        for word in words
    )
    plain = len(words) >= 3 and all(word.isalpha() and word.islower() and len(word) > 2 for word in words)
    chosen = odd or (plain and not _SENTENCE.search(value))
    return all(words) and len(words) <= 8 and chosen and value[0] not in "{[(<%"


def _value_of(text: str, name: re.Match[str], value: re.Match[str], kind: Kind) -> tuple[int, int] | None:
    operator = name["operator"]
    by_space, by_comma = operator.isspace(), "," in operator
    before = ("" if name.start() <= 40 else "…") + text[max(0, name.start() - 40) : name.start()]
    if by_space and not name["flag"] and not _DOCKERFILE.search(before):
        if _is_directive(text, name, value, kind, before):
            return value.span("bare" if value["bare"] else "literal")
        return value.span("bare") if kind == "assigned-secret" and _is_said(value["bare"]) else None
    if by_comma and not name["quoted"] and not before.endswith(":"):
        return None
    if value["literal"] is not None:
        literal = value["literal"]
        if "f" in value["prefix"].lower() and "{" in literal:
            return None
        compound = (
            name["name"].lower() not in _PLAIN_NAMES and literal.isalpha() and len(literal) >= _COMPOUND
        )
        sets = by_comma and len(literal) >= 6 and _SETS.search(before)
        if by_comma and not (
            sets or compound or (is_mixed(literal) and any(letter.isdigit() for letter in literal))
        ):
            return None
        return value.span("literal") if is_secret(literal, kind) else None
    if by_comma:
        return None
    return _bare(text, name, value, kind, before)


def _is_directive(text: str, name: re.Match[str], value: re.Match[str], kind: Kind, before: str) -> bool:
    """Whether a line of a configuration is nothing but a password's name and a value: ``requirepass ...``."""
    found = value["bare"] or value["literal"]
    alone = _LINE_START.search(before) and _DIRECTIVE_END.match(text, value.end() - len(value["after"] or ""))
    if (
        kind != "password"
        or not alone
        or name["name"].lower() == "proxy_pass"
        or len(found) < 6
        or not is_secret(found, kind)
    ):
        return False
    return is_mixed(found.rstrip("?!.")) if name["name"].lower() in _PLAIN_NAMES else "_" not in found


def _bare(
    text: str, name: re.Match[str], value: re.Match[str], kind: Kind, before: str
) -> tuple[int, int] | None:
    """The span of a value without quotes, if it is a secret; only here can it be code."""
    operator = name["operator"]
    tight = operator in ("=", ":=", ":") and "=" in operator
    start, end = value.span("bare")
    found, after = value["bare"], value["after"]
    upper = name["name"].isupper()
    if tight and not name["flag"] and _ENV_LINE.search(before):
        rest = _REST_OF_LINE.match(text, start)
        if rest and rest[0][: len(found)] == found and (upper or not re.match(r"[(\[{]", after)):
            trimmed = rest[0].rstrip(",;)" if not upper else ";")
            if len(trimmed) > len(found) and (is_mixed(trimmed) and not re.search(r"[(\[]", trimmed)):
                found, end, after = trimmed, start + len(trimmed), ""
    if after and after in "([{":
        return None
    if is_placeholder(found) or (_is_name(found) and not (upper and tight and kind == "password")):
        return None
    return (start, end) if _is_bare_secret(text, name, found, after, kind, before, end) else None


def _is_bare_secret(
    text: str, name: re.Match[str], found: str, after: str, kind: Kind, before: str, end: int
) -> bool:
    operator = name["operator"]
    tight = "=" in operator and not any(letter.isspace() for letter in operator)
    upper = name["name"].isupper()
    alone = bool(_LINE_START.search(before)) and bool(_LINE_END.match(text, end))
    if kind == "assigned-secret":
        if looks_random(found) or (_is_long_secret(found) and tight):
            return True
        if alone and name["name"].lower().endswith("secret") and len(found) >= 8 and is_mixed(found):
            return not _IDENTIFIER.match(found) or _has_digit_inside(found)
        return (
            upper
            and tight
            and len(found) >= 8
            and (is_mixed(found) or "SECRET" in name["name"])
            and after not in (",", ")")
        )
    if name["flag"]:
        return not found.startswith("-") and after not in (",", ")")
    if upper and tight:
        return True
    if upper and operator.isspace() and _IMAGE_ENV.search(before):
        return len(found) >= 6 and "/" not in found and bool(_LINE_END.match(text, end))
    if after in (",", ")") and _IDENTIFIER.match(found) and not any(letter.isdigit() for letter in found):
        return False
    if tight:
        return after not in (",", ")") or is_mixed(found)
    if is_mixed(found) and (not _IDENTIFIER.match(found) or _has_digit_inside(found)):
        return len(found) >= 4 and not re.match(r"^\w+(?:/|\.)\w*$", found)
    if len(found) >= _COMPOUND and found.islower() and found.isalpha() and _LINE_END.match(text, end):
        return True
    return (
        alone
        and not _TYPE.match(found)
        and not _CODE_WORD.match(found)
        and len(found) >= 6
        and "_" not in found
    )


def _has_digit_inside(value: str) -> bool:
    return len(value) >= 6 and any(letter.isdigit() for letter in value)
