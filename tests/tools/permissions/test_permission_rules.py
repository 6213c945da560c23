"""The grammar of rules, and what paths and hosts they name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.permissions.judging import judge
from tools.permissions.rules import Rule, RuleError, host_of, inside, parse_rule


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run_shell(git status *)", ("git", "status", "*")),
        (" run_shell( ls ) ", ("ls",)),
        ("run_shell(git commit -m 'a b')", ("git", "commit", "-m", "a b")),
        ("run_shell(find * -exec ls {} \\;)", ("find", "*", "-exec", "ls", "{}", ";")),
        ("run_shell(awk '{print $1}' *)", ("awk", "{print $1}", "*")),
    ],
)
def test_shell_rules_are_words(text: str, words: tuple[str, ...]) -> None:
    assert parse_rule(text).words == words


@pytest.mark.parametrize("text", ["read_file", "run_shell", "mcp__server__tool", "fetch_url", "my-tool"])
def test_a_tool_alone_is_a_rule(text: str) -> None:
    rule = parse_rule(text)

    assert (rule.tool, rule.bare) == (text, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "*",
        "run_shell(",
        "run_shell)",
        "run_shell(ls",
        "run_shell()",
        "run_shell( )",
        "run_shell(=)",
        "run_shell(ls 'a)",
        "run_shell(ls; rm)",
        "run_shell(ls && rm)",
        "run_shell(ls | wc)",
        "run_shell(ls > a)",
        "run_shell(ls $(rm))",
        "run_shell(ls `rm`)",
        "run_shell(ls\nrm)",
        "run_shell(ls) x",
        "run_python(x)",
        "web_search(x)",
        "edit_file(../x)",
        "edit_file(a/../b)",
        "edit_file(!a)",
        "edit_file(~/a)",
        "edit_file()",
        "fetch_url(http://a.b)",
        "fetch_url(a b)",
        "fetch_url(a/b)",
        "fetch_url(*)",
        "fetch_url(a.*.b)",
        "Read File",
    ],
)
def test_a_rule_that_does_not_parse_is_one_clear_line(text: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)

    assert str(caught.value).startswith(f"rule {text!r}: ")
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
@pytest.mark.slow
def test_any_text_is_a_rule_or_a_rule_error(text: str) -> None:
    try:
        assert isinstance(parse_rule(text), Rule)
    except RuleError as error:
        assert text[:5].strip() in str(error) or repr(text)[1:-1] in str(error)


@pytest.mark.parametrize(
    ("pattern", "path", "named"),
    [
        ("src/**", "src/a/b.py", True),
        ("src/**", "srcx/a.py", False),
        ("src/**", "x/src/a.py", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("*.md", "docs/a.md", True),
        ("/a.md", "docs/a.md", False),
        ("./src/**", "src/a", True),
        ("docs", "docs/a.md", True),
        ("**", "a/b", True),
    ],
)
def test_paths_match_as_in_gitignore(pattern: str, path: str, named: bool) -> None:
    assert parse_rule(f"edit_file({pattern})").names(path) is named


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://docs.python.org/3/", "docs.python.org"),
        ("HTTPS://Docs.Python.ORG./3", "docs.python.org"),
        ("http://docs.python.org:80/", "docs.python.org"),
        ("https://docs.python.org:8443/", "docs.python.org:8443"),
        ("https://[::1]/", "[::1]"),
        ("https://docs.python.org@evil.example/", ""),
        ("https://user:x@docs.python.org/", ""),
        ("https://docs.python.org\\@evil.example/", ""),
        ("https://docs.python.org /", ""),
        ("https://docs.python.org\n.evil.example/", ""),
        ("file:///etc/passwd", ""),
        ("ftp://docs.python.org/", ""),
        ("//docs.python.org/", ""),
        ("docs.python.org", ""),
        ("https://", ""),
        ("https://a:b/", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_the_host_of_a_url(url: object, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("pattern", "host", "named"),
    [
        ("docs.python.org", "docs.python.org", True),
        ("Docs.Python.org", "docs.python.org", True),
        ("docs.python.org", "docs.python.org:8443", False),
        ("docs.python.org:8443", "docs.python.org:8443", True),
        ("docs.python.org", "xdocs.python.org", False),
        ("docs.python.org", "docs.python.org.evil.example", False),
        ("*.python.org", "docs.python.org", True),
        ("*.python.org", "python.org", False),
        ("*.python.org", "evilpython.org", False),
    ],
)
def test_hosts_match_whole_labels(pattern: str, host: str, named: bool) -> None:
    assert parse_rule(f"fetch_url({pattern})").names(host) is named


def test_paths_are_relative_to_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "loop").symlink_to("loop")

    assert inside(tmp_path, "a/../b.py") == ("b.py",)
    assert inside(tmp_path, str(tmp_path / "b.py")) == ("b.py",)
    assert inside(tmp_path, "link/a") == ("link/a", "real/a")
    (tmp_path / "real" / "deep").mkdir()
    (tmp_path / "shortcut").symlink_to("real/deep")
    assert inside(tmp_path, "shortcut/../a") == ("a", "real/a")
    (tmp_path / "top").symlink_to(".")
    assert inside(tmp_path, "top/../a") is None
    assert inside(tmp_path, ".") == (".",)
    for outside in ("..", "../x", "/etc/passwd", "out/passwd", "a\0b", 7, None):
        assert inside(tmp_path, outside) is None, outside
    assert inside(tmp_path, "loop/x") in (None, ("loop/x",))


@pytest.mark.parametrize(
    "command",
    [
        "rm x",
        "/bin/rm x",
        "./rm x",
        "\\rm x",
        "r'm' x",
        '"rm" x',
        "A=1 rm x",
        "rm x > /dev/null",
        "ls; rm x",
        "ls $(rm x)",
        "cat <(rm x)",
        "env rm x",
        "env A=1 rm x",
        "nohup timeout 5 rm x",
        "sudo rm x",
        "sudo -u root rm x",
        "busybox rm x",
        "xargs rm",
        "xargs -I{} rm {}",
        "find . -exec rm {} +",
        "find . -name a -exec sh -c 'rm x' \\;",
        "bash -c 'rm x'",
        "bash -lc 'rm x'",
        "bash --norc -c 'rm x'",
        "eval rm x",
        "trap 'rm x' EXIT",
        "f() { rm x; }",
        "ls && (rm x",
        "rm $x",
        "rm *",
        "command rm x",
        "exec rm x",
        "time rm x",
        "npx rm",
    ],
)
@pytest.mark.parametrize("mode", ["ask", "edit", "auto", "plan"])
def test_a_deny_rule_finds_the_program(command: str, mode: str) -> None:
    judgement = judge(command, allow=["run_shell"], deny=["run_shell(rm *)"], mode=mode)  # type: ignore[arg-type]

    assert (judgement.verdict, judgement.source) == ("deny", "rule")


@pytest.mark.parametrize(
    ("command", "rule", "verdict"),
    [
        ("git push", "run_shell(git push *)", "deny"),
        ("git -C x push -f", "run_shell(git push *)", "deny"),
        ("git --no-pager push", "run_shell(git push *)", "deny"),
        ("git pushx", "run_shell(git push *)", "allow"),
        ("git $x", "run_shell(git push *)", "ask"),
        ("$x push", "run_shell(git push *)", "ask"),
        ("git p*", "run_shell(git push *)", "ask"),
        ("echo $x", "run_shell(git push *)", "allow"),
        ("rm -r -f /etc", "run_shell(rm * /etc)", "deny"),
        ("ls | xargs rm", "run_shell(rm -rf *)", "ask"),
        ("eval $x", "run_shell(rm *)", "ask"),
        ("cat <(ls)", "run_shell(rm *)", "ask"),
        ("ls -l", "run_shell(= ls -l)", "deny"),
        ("ls  -l", "run_shell(= ls -l)", "allow"),
        ("ls", "run_shell", "deny"),
        ("ls", "run_python", "allow"),
    ],
)
def test_what_a_deny_rule_could_name_is_not_allowed(command: str, rule: str, verdict: str) -> None:
    assert judge(command, deny=[rule], mode="auto").verdict == verdict


@pytest.mark.parametrize(("command", "verdict"), [("rm", "deny"), ("rm -rf x", "deny"), ("rmdir x", "ask")])
def test_a_colon_and_a_star_stand_for_any_arguments(command: str, verdict: str) -> None:
    assert judge(command, deny=["run_shell(rm:*)"]).verdict == verdict


def test_an_exact_rule_covers_this_command_only() -> None:
    rule = "run_shell(= rm *; (ls) > out)"

    assert judge("rm *; (ls) > out", [rule]).verdict == "allow"
    for other in (
        "rm *; (ls) > out2",
        "rm a; (ls) > out",
        "rm *",
        "rm *; (ls) > out; ls",
        "rm *;  (ls) > out",
    ):
        assert judge(other, [rule]).verdict == "ask", other


def test_an_exact_rule_never_covers_what_does_not_parse() -> None:
    assert judge("ls (", ["run_shell(= ls ()", "run_shell"]).verdict == "ask"
