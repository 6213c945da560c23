"""Commands taken apart: the parts, what hides, the bounds, and agreement with a real bash."""

import shutil
import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.permissions.parts import Parsed
from tools.permissions.shell import MOST_PARTS, parse
from tools.permissions.words import Kind


def argvs(command: str) -> list[list[str]]:
    return [[word.text for word in part.words] for part in parse(command).parts]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -l", [["ls", "-l"]]),
        ("a; b & c\nd", [["a"], ["b"], ["c"], ["d"]]),
        ("a && b || c | d", [["a"], ["b"], ["c"], ["d"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a 'x'\"y\"z", [["a", "xyz"]]),
        ('a "x\\"y\\$z"', [["a", 'x"y$z']]),
        ("a $'x y'", [["a", "x y"]]),
        ("r'm' x", [["rm", "x"]]),
        ("a $(b c)", [["b", "c"], ["a", "$(b c)"]]),
        ("for i in 1 2; do a $i; done", [["a", "$i"]]),
        ("if a; then b; else c; fi", [["a"], ["b"], ["c"]]),
        ("f() { a; }; f", [["a"], ["f"]]),
        ("(a; { b; })", [["a"], ["b"]]),
        ("case x in a) b;; *) c;; esac", [["b"], ["c"]]),
        ("timeout 5 a b", [["timeout", "5", "a", "b"], ["a", "b"]]),
        ("env -i A=1 a", [["env", "-i", "A=1", "a"], ["a"]]),
        ("bash -c 'a; b'", [["bash", "-c", "a; b"], ["a"], ["b"]]),
        ("xargs -n 1 a b", [["xargs", "-n", "1", "a", "b"], ["a", "b", "..."]]),
        ("xargs -I% a % b", [["xargs", "-I%", "a", "%", "b"], ["a", "%", "b"]]),
        ("find . -exec a {} \\; -exec b {} +", None),
        ("sudo -u x a b", [["sudo", "-u", "x", "a", "b"], ["a", "b"]]),
        ("uv run a b", [["uv", "run", "a", "b"], ["a", "b"]]),
        ("uv sync", [["uv", "sync"]]),
        ("command -v a", [["command", "-v", "a"]]),
        ("eval 'a; b'", [["eval", "a; b"], ["a"], ["b"]]),
        ("cat <<EOF\n$(a)\nEOF", [["a"], ["cat"]]),
    ],
)
def test_a_command_is_taken_apart(command: str, expected: list[list[str]] | None) -> None:
    if expected is None:
        assert argvs(command)[1:] == [["a", "{}"], ["b", "{}"]]
        return
    assert argvs(command) == expected


def test_words_that_are_not_literal_are_marked() -> None:
    [part] = parse("a b $c *.py ~ 'd'$e {f,g} {}").parts

    kinds = [word.kind for word in part.words]
    literal, wild, unknown = Kind.LITERAL, Kind.GLOB, Kind.DYNAMIC
    assert kinds == [literal, literal, unknown, wild, wild, unknown, wild, literal]


def test_prefixes_and_targets_belong_to_what_they_are_given_to() -> None:
    [outer, inner] = parse("A=1 env B=2 a > out 2>&1 2>/dev/null").parts

    assert (outer.assignments, outer.writes, outer.passes_on) == (("A=1",), ("out",), True)
    assert (inner.assignments, inner.writes, inner.passes_on) == (("A=1", "B=2"), ("out",), False)


@pytest.mark.parametrize(
    "command",
    ["a > b", "a >> b", "a &> b", "a >& b", "> b", "{ a; } > b", "for i in a; do c; done > b", "a <> b"],
)
def test_every_written_target_is_seen(command: str) -> None:
    parsed = parse(command)

    assert parsed.broken or [target for part in parsed.parts for target in part.writes] == ["b"]


@pytest.mark.parametrize(
    "command",
    [
        "eval a",
        "source a",
        ". a",
        "cat <(a)",
        "echo ${x@P}",
        "echo ${!x}",
        "echo $((x[0]))",
        "((x))",
        "$a b",
        "{a,b}",
        "a*b c",
        "trap a EXIT",
        "let x=1",
        "bash -c $x",
        "env -S 'a b'",
        "timeout --odd 5 a",
        "xargs -I{} {} a",
        "for PATH in a; do b; done",
        "a \u202e b",
        "a\u200b b",
        "l\\\ns",
        "a 2>/dev/tcp/h/1",
        "cat <<\\E\na\nE",
    ],
)
def test_what_can_hide_commands_is_unclear(command: str) -> None:
    assert parse(command).unclear


@pytest.mark.parametrize(
    "command", ["a (", "a 'b", "if a", "a <<E", "a \0", "a \ud800", "a &&", ")", "a ;; b", "fi"]
)
def test_D09_what_does_not_parse_is_not_clear(command: str) -> None:
    assert not parse(command).clear


class TestBounds:
    """D10: five hundred sub-commands, a megabyte, deep nesting."""

    @pytest.mark.parametrize("joint", ["; ", " && ", " | ", "\n", " & "])
    def test_D10_five_hundred_commands_are_too_many(self, joint: str) -> None:
        parsed = parse(joint.join(["ls"] * 500))

        assert "parts" in parsed.broken
        assert len(parsed.parts) <= MOST_PARTS + 1

    @pytest.mark.parametrize("joint", ["; ", " && ", " | "])
    def test_a_hundred_commands_are_read(self, joint: str) -> None:
        parsed = parse(joint.join(["ls"] * 100))

        assert parsed.clear
        assert len(parsed.parts) == 100

    def test_D10_a_megabyte_is_not_read(self) -> None:
        assert "longer" in parse("echo " + "a" * (1 << 20)).broken

    @pytest.mark.parametrize(
        "command",
        [
            "$(" * 500 + "ls" + ")" * 500,
            "(" * 500 + "ls" + ")" * 500,
            "{ " * 500 + "ls" + "; }" * 500,
            "ls " + '"$(' * 300 + "ls" + ')"' * 300,
            "if ls; then " * 300 + "ls" + "; fi" * 300,
            "nohup " * 300 + "ls",
            "! " * 300 + "ls",
            "echo ${x:-" * 300 + "}" * 300,
            "echo $((" + "(" * 1000 + "1" + ")" * 1000 + "))",
            "ls|" * 20_000,
            "env A=b " * 7_000,
            "xargs " * 10_000,
            "git -C a " * 7_000,
            pytest.param(")" * 60_000, marks=pytest.mark.slow),
        ],
        ids=lambda command: str(command)[:12],
    )
    def test_D10_deep_nesting_is_not_followed(self, command: str) -> None:
        started = time.process_time()

        assert not parse(command).clear or len(parse(command).parts) <= 1
        assert time.process_time() - started < 5

    def test_quoting_within_quoting_ends(self) -> None:
        command = "ls"
        for _ in range(6):
            command = "bash -c '" + command.replace("'", "'\\''") + "'"

        assert argvs(command)[-1] == ["ls"]


PIECES = st.sampled_from(
    [
        *("ls", "rm x", "echo 'a b'", ";", "&&", "||", "|", "&", "(", ")", "{ ", "; }", "$(", "`", '"', "'"),
        *("\\", "\n", "\\\n", "#", "<<E\n", "\nE\n", "$x", "${x}", "$((", "))", ">", "<", "2>&1", "*"),
        *("if", "then", "fi", "for i in", "do", "done", "case x in", "esac", "[[", "]]", "x=", "é", "\0"),
        *("\ud800", "\u2003", "time", "env", "xargs", "bash -c", "eval", "-"),
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map(" ".join)))
@settings(max_examples=400, deadline=None)
@pytest.mark.slow
def test_parse_never_raises(command: str) -> None:
    assert isinstance(parse(command), Parsed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_characters_outside_ascii_do_not_end_the_process(seed: int) -> None:
    """The grammar's scanner crashes on about one in ten thousand such commands; it must not see them."""
    random = Random(seed)
    marks = [*" $`'\"\\\n;|&(){}<>#*[]=!~?-", "$(", "${", "<<", "((", "[["]
    for _ in range(4000):
        wide = (chr(random.randint(128, 0xD7FF)) for _ in range(60))
        command = "".join(random.choice(marks) if random.random() < 0.4 else next(wide) for _ in range(40))
        assert isinstance(parse(command), Parsed)


TOKENS = st.sampled_from(
    [
        *(
            "p1",
            "p2",
            "p1 a",
            "p2 'x y'",
            'p3 "q"',
            "p1 \\x",
            " ",
            " ",
            " ",
            ";",
            "&&",
            "||",
            "|",
            "\n",
            "\\\n",
        ),
        *("\\", "'", '"', "`", "$(", ")", "(", "{ ", "; }", "#", " #", "$x", "2>&1", "-f2>&1", "!", "time "),
        *("x=1", "if ", "; then ", "; fi", '""', "''", "1", "[ ", " ]", "\u2003"),
    ]
)
LOGGER = """command_not_found_handle() { printf '%s\\0' "$@" > "$LOG/$BASHPID.$RANDOM"; }
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash to compare with")
@given(tokens=st.lists(TOKENS, min_size=2, max_size=8))
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_what_bash_runs_is_among_the_parts(
    tokens: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    command = "".join(tokens)
    parsed = parse(command)
    if not parsed.clear:
        return
    log = tmp_path_factory.mktemp("log")

    for argv in run_by_bash(command, log):
        assert any(
            [word.text for word in part.words] == argv
            if all(word.literal for word in part.words)
            else part.program == argv[0]
            for part in parsed.parts
        ), (command, argv, parsed.parts)


def run_by_bash(command: str, log: Path) -> list[list[str]]:
    """The programs, with arguments, that bash tries to run: none of them exists."""
    subprocess.run(
        [shutil.which("bash") or "bash", "-c", LOGGER + command],
        env={"LOG": str(log), "PATH": "/nonexistent"},
        cwd=log,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    return [path.read_text().split("\0")[:-1] for path in log.iterdir() if path.stat().st_size]
