"""Program texts: whether a script of sed or awk, a format of printf or a test of bash only reads and prints.

Covered: sed with one command per script, awk without output, pipes and functions that are not named here,
formats of printf that only print, tests on files and strings. Every other text counts as unsafe. Not covered:
nothing is parsed further.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from tools.permissions.words import Word, names

_ADDRESS = r"(?:(?:\d+|\$|/(?:[^/\\\n]|\\[^\n])*/)(?:,(?:\+?\d+|\$|/(?:[^/\\\n]|\\[^\n])*/))?)?!?"
_SUBSTITUTE = r"s([/|,#:@%!])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gIp\d]*"
_SAFE = re.compile(rf"\s*{_ADDRESS}\s*(?:[pdq=lnNDGHhgx]|{_SUBSTITUTE})\s*")
_FLAGS = re.compile(r"-[nErsuz]+|--quiet|--silent|--regexp-extended|--separate|--null-data|--posix")
_AWK_CALLS = names(
    "length substr index split sub gsub gensub match sprintf tolower toupper int sqrt exp log sin cos atan2 "
    "rand srand strtonum strftime systime mktime and or xor compl lshift rshift asort asorti "
    "if while for print printf return in switch case func function delete else do BEGIN END"
)
_TEST_WORD = re.compile(
    r"""\s+|(?P<word>[()]|(?:'[^']*'|"(?:[^"\\`$]|\\.|\$\w+|\$\{\w+\})*"|\$\w+|\$\{\w+\}|[\w./,:@%+=~*?!^-])+)"""
)
_TESTS = names("-a -b -c -d -e -f -g -h -k -L -n -N -O -p -r -s -S -t -u -w -x -z -G -o -nt -ot -ef")
_COMPARISONS = names("-eq -ne -lt -le -gt -ge")
_BEFORE_VALUES = _TESTS | _COMPARISONS | names("= == !=")
_FORMAT = re.compile(r"(?:[^%]|%%|%[-+ #0]*\d*(?:\.\d+)?[sdiouxXeEfFgGcbq])*", re.DOTALL)


def unsafe_sed(arguments: Sequence[Word]) -> str:
    """Why ``sed`` with these arguments could run or write, or "" where it cannot."""
    scripts: list[Word] = []
    operands: list[Word] = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        if word.may_be_option():
            return "an argument is only known when it runs"
        if word.text in ("-e", "--expression") and position < len(arguments):
            scripts.append(arguments[position])
            position += 1
        elif not word.text.startswith("-") or word.text == "-":
            operands.append(word)
        elif not _FLAGS.fullmatch(word.text):
            return f"{word.text} writes in place, or is not known to be harmless"
    if not scripts:
        scripts = operands[:1]
    for script in scripts:
        if not script.literal or not _SAFE.fullmatch(script.text):
            return "the script could run commands or write files"
    return ""


def unsafe_awk(operands: Sequence[Word]) -> str:
    """Why the program text of ``awk``, its first operand, could run or write, or "" where it cannot."""
    for text in operands[:1]:
        calls = set(re.findall(r"([A-Za-z_]\w*)[\s\\]*\(", text.text))
        harmless = text.literal and calls <= _AWK_CALLS
        if not harmless or re.search(r"[|>@]|getline|\\\s*\n", text.text):
            return "the program could run commands or write files"
    return ""


def unsafe_printf(operands: Sequence[Word]) -> str:
    """Why the shell's ``printf`` could do more than print, or "" where it cannot."""
    if not all(each.literal and _FORMAT.fullmatch(each.text) for each in operands[:1]):
        return "its format is not known only to print"
    return ""


def unsafe_test(bracket: str, text: str) -> str:
    """Why what stands between ``[`` or ``[[`` and its end could run commands, or "" where it cannot.

    ``-v`` and ``-R`` evaluate a subscript, and so does arithmetic between ``[[`` and ``]]``. Between ``[``
    and ``]`` an operator may also come out of a word that is replaced.
    """
    position, before = 0, ""
    while position < len(text):
        match = _TEST_WORD.match(text, position)
        if match is None:
            return "a test is not understood"
        position = match.end()
        word = match["word"]
        if word is None:
            continue
        plain = re.sub(r"['\"\\]", "", word) if bracket == "[" else word
        if re.fullmatch(r"-[A-Za-z]+", plain) and plain not in _TESTS:
            numbers = bracket == "[" and plain in _COMPARISONS
            if not numbers:
                return f"a test with {plain} can run commands"
        if bracket == "[" and re.search(r"[$*?{~]", word):
            quoted = word.startswith('"') and word.endswith('"')
            compared = not before and re.match(r"\s+(?:=|==|!=)\s", text[position:])
            if not quoted or not (compared or before in _BEFORE_VALUES):
                return "what a test asks is only known when it runs"
        before = plain
    return ""


JUDGES: Mapping[str, Callable[[Sequence[Word]], str]] = {
    "sed": unsafe_sed,
    "awk": unsafe_awk,
    "printf": unsafe_printf,
}
