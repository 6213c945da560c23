"""Nothing foreign controls the terminal: what ``clean`` and ``visible`` return is inert."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text_safety import clean, clean_line, visible

HOSTILE = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[1;1Hgone",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "link": "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\",
    "device query": "\x1bP+q544e\x1b\\",
    "application": "\x1b_Gf=100;AAAA\x1b\\",
    "unterminated": "\x1b]0;title",
    "eight bit": "\x9b31mred\x9d52;c;aaaa\x9c",
    "reset": "\x1bc",
    "charset": "\x1b(0",
    "override": "\u202egpj.exe",
    "isolate": "\u2066a\u2069",
    "zero width": "pa\u200bss\u200dword\ufeff",
    "tags": "hi\U000e0049\U000e0067",
    "filler": "a\u3164b",
    "nul": "a\x00b",
    "surrogate": "a\udc80b",
    "bell": "\x07\x08\x7f",
    "line separator": "a\u2028b",
}


# Format characters that are drawn: signs of Arabic, Syriac, Kaithi and the joiners of hieroglyphs.
DRAWN = frozenset("\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | {
    chr(code) for code in (*range(0x600, 0x606), *range(0x13430, 0x13440))
}


def is_inert(text: str) -> bool:
    unsafe = {"Cc", "Cs", "Cf", "Zl", "Zp"}
    return not any(unicodedata.category(c) in unsafe and c not in "\n\t" and c not in DRAWN for c in text)


@pytest.mark.parametrize("name", HOSTILE)
def test_E01_clean_leaves_nothing_that_a_terminal_acts_upon(name: str) -> None:
    assert is_inert(clean(HOSTILE[name]))
    clean(HOSTILE[name]).encode("utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_D11_visible_drops_nothing_and_is_inert(name: str) -> None:
    shown = visible(HOSTILE[name])
    assert is_inert(shown)
    assert shown != HOSTILE[name]
    assert "\\" in shown


@pytest.mark.slow
def test_E01_every_single_character_becomes_inert() -> None:
    left = [hex(code) for code in range(0x110000) if not is_inert(clean(chr(code)))]
    assert left == []


@given(st.text(alphabet=st.characters(), max_size=60))
def test_E01_any_text_becomes_inert(text: str) -> None:
    assert is_inert(clean(text)), repr(clean(text))
    assert is_inert(visible(text))
    assert is_inert(clean_line(text, 20))


def test_colours_are_dropped_and_their_text_stays() -> None:
    assert clean("\x1b[1;31mfailed\x1b[0m: 2") == "failed: 2"


def test_the_payload_of_a_clipboard_write_stays_readable() -> None:
    assert "52;c;cm0gLXJm" in clean(HOSTILE["clipboard"])


def test_E02_markup_is_left_as_it_is() -> None:
    assert clean("[/] [@click=app.quit]x[/]") == "[/] [@click=app.quit]x[/]"


def test_a_carriage_return_cannot_overwrite() -> None:
    assert clean("rm -rf /\rls      ") == "rm -rf /\nls      "
    assert clean("a\r\nb") == "a\nb"
    assert visible("rm\rls") == "rm\\x0dls"


def test_ordinary_text_is_not_touched() -> None:
    text = "def f(x):\n\treturn 'é 日本 🙂'\n"
    assert clean(text) == text
    assert visible(text) == text


def test_E05_a_pile_of_combining_marks_is_cut() -> None:
    zalgo = "e" + "\u0301" * 500
    assert clean(zalgo) == "e" + "\u0301" * 4
    assert "496 combining" in visible(zalgo)


def test_D11_padding_cannot_push_a_part_out_of_sight() -> None:
    assert visible("ls" + " " * 300 + "; rm -rf x") == "ls ⟨300 spaces⟩ ; rm -rf x"
    assert visible("ls" + "\n" * 60 + "rm -rf x") == "ls\n⟨59 empty lines⟩\nrm -rf x"


def test_indentation_is_no_padding() -> None:
    text = "def f():\n" + " " * 20 + "pass\n\n\nx"
    assert visible(text) == text


def test_clean_line_is_one_line_and_short() -> None:
    assert clean_line("a\nb\tc") == "a\\nb c"
    assert clean_line("x" * 300, 10) == "x" * 9 + "…"
    assert clean_line("x" * 10, 10) == "x" * 10


@pytest.mark.slow
def test_B05_a_line_of_a_megabyte_is_quick_and_linear() -> None:
    assert len(clean("a" * 1_000_000)) == 1_000_000
    assert clean("\x1b]" * 200_000).count("\\x1b") == 200_000
    assert len(clean_line("\x1b[31m" * 500_000, 100)) <= 100


SPACES = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) == "Zs"]


def ignorable() -> list[str]:
    """The characters that a font may leave out, by their Unicode property."""
    import regex

    unseen = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\p{Co}--[\n]]", regex.V1)
    codes = [*range(0x30000), *range(0xE0000, 0xE1000), 0xF0000, 0x10FFFD]
    return [chr(code) for code in codes if unseen.match(chr(code))]


@pytest.mark.parametrize(
    "blank", [*SPACES, "\u2800", "\ue000", "\U00016fe4"], ids=lambda c: f"U+{ord(c):04X}"
)
def test_D11_no_blank_but_a_space_looks_like_one(blank: str) -> None:
    for shown in (visible(f"ls{blank}x"), visible("ls" + blank * 300 + "rm x")):
        assert blank not in shown
        assert "\\" in shown


def test_D11_what_a_font_leaves_out_is_an_escape() -> None:
    every = ignorable()

    assert len(every) > 4000
    assert [hex(ord(c)) for c in every if visible(f"a{c}b") == f"a{c}b"] == []


def test_D11_a_variation_selector_only_stands_behind_an_emoji() -> None:
    assert visible("\u2764\ufe0f 1\ufe0f") == "\u2764\ufe0f 1\ufe0f"
    assert visible("rm\ufe0f x\ufe0f") == "rm\\ufe0f x\\ufe0f"
    assert visible("\u2764" + "\ufe0f" * 40).count("\\ufe0f") == 39
    assert clean("a" + "\ufe0f" * 3) == "a" + "\\ufe0f" * 3
