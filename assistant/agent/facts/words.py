"""The words by which a reply claims something, and the paths and numbers in it."""

import re

_PAST = {
    "create": (
        "created|wrote|written|saved|stored|generated|put|placed|recorded|popped|"
        "persisted|dumped|dropped into"
    ),
    "change": (
        "changed|updated|modified|edited|added|appended|inserted|replaced|fixed|corrected|repaired|resolved|"
        "patched|refactored|rewrote|rewritten|implemented|introduced|extended|bumped|raised|lowered|increased|"
        "decreased|converted|migrated|simplified|cleaned up|formatted|reformatted|adjusted|applied|set|made|"
        "overwrote|overwritten|reverted|undid|undone|restored|merged|took care of|taken care of|set up|"
        "improved|"
        "optimised|optimized|documented|extracted|split|sorted|enabled|disabled|turned|copied|duplicated|"
        "completed|finished|done|swapped out|swapped|carried out|tweaked|amended"
    ),
    "delete": "deleted|removed|dropped|erased|cleared|stripped|got rid of",
    "rename": "renamed|moved",
    "install": "installed|upgraded|uninstalled",
    "commit": "committed|pushed|staged|tagged|checked out|rebased|cherry-picked|stashed",
    "start": "started|launched|deployed|restarted|stopped",
    "run": "ran|run|executed|invoked|tested|verified|confirmed|validated|built|compiled|benchmarked",
    "look": (
        "read|took a look at|taken a look at|had a look at|looked at|looked into|"
        "looked through|looked in|looked for|opened|inspected|examined|reviewed|"
        "searched|scanned|went through|gone through|listed|checked|found|browsed|studied"
    ),
}
KIND_OF = {verb: kind for kind, verbs in _PAST.items() for verb in verbs.split("|")}
"""What a past form claims: ``create``, ``change``, ``delete``, ``rename``, ``install``, ..., ``look``."""
CHANGES = frozenset({"create", "change", "delete", "rename"})
VERB = "|".join(sorted(map(re.escape, KIND_OF), key=len, reverse=True))
_BASES = (
    "write|create|save|add|update|change|modify|edit|fix|delete|remove|rename|move|replace|run|execute|read|"
    "touch|apply|insert|append|commit|install|correct|alter"
)
BASE = _BASES
BASE_KIND = {
    **dict.fromkeys(("write", "create", "save", "add", "written", "created", "saved", "added"), "create"),
    **dict.fromkeys(("delete", "remove", "deleted", "removed"), "delete"),
    **dict.fromkeys(("rename", "move", "renamed", "moved"), "rename"),
    **dict.fromkeys(("run", "execute", "executed", "ran"), "run"),
    **dict.fromkeys(("read",), "look"),
    **dict.fromkeys(("commit", "committed"), "commit"),
    **dict.fromkeys(("install", "installed"), "install"),
}
NUMBERS = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
}
NUMBERS |= {"no": 0, "none": 0, "both": 2, "single": 1, "once": 1, "twice": 2}
LOOSE_PATH = (
    r"(?:[~.]{0,2}/?(?:[\w.@+-]+/)+[\w.@+-]*|[\w.@+-]*\w\.[A-Za-z]\w{0,7}|Makefile|Dockerfile|README|LICENSE)"
)
"""What stands where a path is expected; within a sentence it would find too much."""
NUMBER = rf"(?:\d[\d,]*|{'|'.join(NUMBERS)})"
_EXTENSIONS = (
    "py|pyi|js|jsx|ts|tsx|mjs|cjs|md|rst|txt|json|jsonl|toml|ya?ml|cfg|ini|conf|env|sh|bash|zsh|rs|go|c|h|cc|"
    "cpp|hpp|java|kt|swift|rb|php|pl|lua|r|sql|csv|tsv|html?|css|scss|xml|svg|lock|log|ipynb|tf|mk|bat|ps1|"
    "proto|vue|mod|sum|out|bak|tmp|orig"
)
_PATH = re.compile(
    rf"(?<![\w/.-])(?:[~.]{{0,2}}/?(?:[\w.@+-]+/)*[\w.@+-]*\w\.(?:{_EXTENSIONS})\b(?![\w(/])"
    r"|(?:~|\.{1,2})?/?(?:[\w.@+-]+/)+[\w.@+-]*|/[\w.@+-]+"
    r"|(?:README|LICENSE|CHANGELOG|CONTRIBUTING|Makefile|Dockerfile|Gemfile|Procfile|\.gitignore|\.env)\b(?!\.\w))"
)


def paths_in(text: str) -> list[str]:
    """What looks like the path of a file in ``text``, without ``and/or`` and the like."""
    found = [match[0].rstrip("./") for match in _PATH.finditer(text)]
    return [path for path in found if path and not re.fullmatch(r"[a-z]{1,5}/[a-z]{1,5}", path)]


def number(word: str) -> int:
    """The number that ``word`` stands for; it matches ``NUMBER``."""
    word = word.lower().replace(",", "")
    return NUMBERS[word] if word in NUMBERS else int(word)


def same_file(said: str, path: str) -> bool:
    """Whether ``said`` names ``path``: the whole of it, its end, or its name without the extension."""
    said, path = said.removeprefix("./").rstrip("/").lower(), path.lower()
    name = path.rpartition("/")[2]
    return (
        said == path
        or path.endswith(f"/{said}")
        or said.endswith(f"/{path}")
        or said == name.rpartition(".")[0]
    )
