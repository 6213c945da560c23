"""Modes, rules, grants and refusals of one session."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.tools.permissions.judging import WORKSPACE, book, judge, shell
from tools.calls import Risk, ToolCall
from tools.permissions.book import Permissions
from tools.permissions.judgement import MODES, Mode, Verdict, explain
from tools.permissions.rules import RuleError, parse_rule
from tools.permissions.settings import PermissionSettings
from tools.permissions.standing import Standing, Standings


def call(tool: str, **arguments: object) -> ToolCall:
    return ToolCall("1", tool, arguments)


READ = call("read_file", path="a.py")
WRITE = call("edit_file", path="src/a.py", old_text="a", new_text="b")
PYTHON = call("run_python", code="1")
FETCH = call("fetch_url", url="https://docs.python.org/3/")
ANSWER = call("answer", text="done")


@pytest.mark.parametrize(
    ("mode", "answer", "read", "write", "execute", "network"),
    [
        ("plan", "allow", "allow", "deny", "deny", "deny"),
        ("ask", "allow", "allow", "ask", "ask", "ask"),
        ("edit", "allow", "allow", "allow", "ask", "ask"),
        ("auto", "allow", "allow", "allow", "allow", "ask"),
    ],
)
def test_modes_and_risks(mode: Mode, answer: str, read: str, write: str, execute: str, network: str) -> None:
    permissions = book(mode=mode)

    assert permissions.judge(ANSWER, Risk.NONE).verdict == answer
    assert permissions.judge(READ, Risk.READ).verdict == read
    assert permissions.judge(WRITE, Risk.WRITE).verdict == write
    assert permissions.judge(PYTHON, Risk.EXECUTE).verdict == execute
    assert permissions.judge(shell("ls"), Risk.EXECUTE).verdict == execute
    assert permissions.judge(FETCH, Risk.NETWORK).verdict == network


@pytest.mark.parametrize("mode", MODES)
def test_every_judgement_has_a_reason(mode: Mode) -> None:
    for each, risk in ((READ, Risk.READ), (WRITE, Risk.WRITE), (shell("ls"), Risk.EXECUTE)):
        assert book(mode=mode).judge(each, risk).reasons


@pytest.mark.parametrize("mode", ["edit", "auto"])
@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/passwd", ".git/config", "sub/.git/hooks/x", ".GIT/config", ".apprentice/settings.toml", 7],
)
def test_modes_pass_no_write_outside_or_to_protected_paths(mode: Mode, path: object) -> None:
    judgement = book(mode=mode).judge(call("write_file", path=path, content=""), Risk.WRITE)

    assert judgement.verdict == "ask"


def test_a_symlink_to_the_outside_is_outside(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    permissions = Permissions("auto", PermissionSettings(allow=("edit_file(out/**)",)), tmp_path)

    assert permissions.judge(call("edit_file", path="out/x"), Risk.WRITE).verdict == "ask"


def test_a_denied_folder_is_denied_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "link").symlink_to("secrets")
    permissions = Permissions("auto", PermissionSettings(deny=("read_file(secrets/**)",)), tmp_path)

    assert permissions.judge(call("read_file", path="link/key"), Risk.READ).verdict == "deny"
    assert permissions.judge(call("read_file", path="a/../secrets/key"), Risk.READ).verdict == "deny"
    assert permissions.judge(call("read_file", path="other"), Risk.READ).verdict == "allow"


def test_an_allowed_folder_covers_a_link_only_where_both_names_are_in_it(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "link").symlink_to(tmp_path)
    permissions = Permissions("ask", PermissionSettings(allow=("edit_file(src/**)",)), tmp_path)

    assert permissions.judge(call("edit_file", path="src/a"), Risk.WRITE).verdict == "allow"
    assert permissions.judge(call("edit_file", path="src/link/b"), Risk.WRITE).verdict == "ask"
    assert permissions.judge(call("edit_file", path="src/../b"), Risk.WRITE).verdict == "ask"


def test_a_write_tool_without_a_path_is_asked() -> None:
    assert book(mode="auto").judge(call("mcp__x__write", path="a"), Risk.WRITE).verdict == "ask"
    assert book(["mcp__x__write"]).judge(call("mcp__x__write"), Risk.WRITE).verdict == "allow"


@pytest.mark.parametrize("mode", MODES)
def test_deny_beats_ask_beats_allow(mode: Mode) -> None:
    rules = ["read_file"]

    assert book(rules, rules, rules, mode).judge(READ, Risk.READ).verdict == "deny"
    assert book(rules, (), rules, mode).judge(READ, Risk.READ).verdict == "ask"
    assert judge("ls", ["run_shell(ls *)"], ["run_shell(ls *)"], ["run_shell(ls *)"], mode).verdict == "deny"
    expected = "deny" if mode == "plan" else "ask"
    assert judge("ls", ["run_shell(ls *)"], (), ["run_shell(ls *)"], mode).verdict == expected


def test_plan_denies_what_a_rule_allows() -> None:
    assert judge("ls", ["run_shell(ls *)"], mode="plan").verdict == "deny"
    assert book(["edit_file"], mode="plan").judge(WRITE, Risk.WRITE).verdict == "deny"


def test_network_passes_by_rule_only() -> None:
    for mode in ("ask", "edit", "auto"):
        assert book(["fetch_url(docs.python.org)"], mode=mode).judge(FETCH, Risk.NETWORK).verdict == "allow"
        other = call("fetch_url", url="https://docs.python.org.evil.example/")
        assert book(["fetch_url(docs.python.org)"], mode=mode).judge(other, Risk.NETWORK).verdict == "ask"


def test_a_url_that_cannot_be_read_is_asked_where_a_host_is_denied() -> None:
    odd = call("fetch_url", url="https://a@evil.example/")

    assert book(["fetch_url"], ["fetch_url(evil.example)"]).judge(odd, Risk.NETWORK).verdict == "ask"


@pytest.mark.parametrize("command", ["ls", "git status", "cat file", "true"])
def test_M02_an_empty_allow_list_allows_nothing(command: str) -> None:
    for mode in ("ask", "edit"):
        assert judge(command, mode=mode).verdict == "ask"  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["ls (", "ls 'a", "a" * 70_000, "; ".join(["ls"] * 500), "ls \0"])
@pytest.mark.parametrize("mode", MODES)
def test_D09_what_does_not_parse_is_never_allowed(command: str, mode: Mode) -> None:
    assert judge(command, ["run_shell", "run_shell(*)"], mode=mode).verdict in ("ask", "deny")


@pytest.mark.parametrize("command", [None, 7, ["ls"], {}])
def test_a_command_that_is_no_text_is_asked(command: object) -> None:
    assert book(["run_shell(ls *)"]).judge(call("run_shell", command=command), Risk.EXECUTE).verdict == "ask"


class TestOfferedRule:
    """What 'session' and 'always' would add."""

    @pytest.mark.parametrize(
        ("command", "rule"),
        [
            ("git status -s", "run_shell(git status *)"),
            ("ls -la", "run_shell(ls *)"),
            ("pytest tests/x.py -q", "run_shell(pytest *)"),
            ("npm test", "run_shell(npm test *)"),
            ("make lint", "run_shell(make lint *)"),
            ("git push origin main", "run_shell(= git push origin main)"),
            ("rm -rf build", "run_shell(= rm -rf build)"),
            ("./run.sh", "run_shell(= ./run.sh)"),
            ("git status; ls", "run_shell(= git status; ls)"),
            ("ls > out", "run_shell(= ls > out)"),
            ("A=1 ls", "run_shell(= A=1 ls)"),
            ("git log --output=x", "run_shell(= git log --output=x)"),
            ("git $x", "run_shell(= git $x)"),
            ("python -c 'x'", "run_shell(= python -c 'x')"),
            ("timeout 5 ls", "run_shell(= timeout 5 ls)"),
            ("  rm *  ", "run_shell(= rm *)"),
            ("ls (", ""),
            ("", ""),
        ],
    )
    def test_for_commands_it_is_narrow(self, command: str, rule: str) -> None:
        assert judge(command).rule == rule

    @pytest.mark.parametrize(
        "command", ["git status -s", "rm *", "ls | wc -l > x", "echo 'a)b' \"(\"", "cat <<E\na\nE", "a\nb"]
    )
    def test_once_granted_it_covers_the_command(self, command: str) -> None:
        permissions = book()
        rule = permissions.judge(shell(command), Risk.EXECUTE).rule
        permissions.grant(rule, "session")

        assert permissions.judge(shell(command), Risk.EXECUTE).verdict == "allow"
        assert permissions.judge(shell(f"{command}\nrm -rf y"), Risk.EXECUTE).verdict == "ask"

    @pytest.mark.parametrize("path", ["src/a.py", "a*b.py", "#a", "!a", "a [1].py", "a\\b", "-x", "a(b).py"])
    def test_for_files_it_is_this_file(self, path: str) -> None:
        permissions = book()
        judgement = permissions.judge(call("edit_file", path=path), Risk.WRITE)
        permissions.grant(judgement.rule, "session")

        assert permissions.judge(call("edit_file", path=path), Risk.WRITE).verdict == "allow"
        assert permissions.judge(call("edit_file", path=f"{path}x"), Risk.WRITE).verdict == "ask"
        assert permissions.judge(call("edit_file", path=f"sub/{path}"), Risk.WRITE).verdict == "ask"
        assert permissions.judge(call("write_file", path=path), Risk.WRITE).verdict == "ask"

    def test_for_pages_it_is_the_host(self) -> None:
        assert book().judge(FETCH, Risk.NETWORK).rule == "fetch_url(docs.python.org)"
        assert book().judge(call("fetch_url", url="file:///x"), Risk.NETWORK).rule == ""
        assert book().judge(PYTHON, Risk.EXECUTE).rule == "run_python"

    def test_nothing_is_offered_outside_the_workspace(self) -> None:
        assert book().judge(call("edit_file", path="/etc/passwd"), Risk.WRITE).rule == ""


class Kept:
    """A keeper that remembers what it was given."""

    def __init__(self) -> None:
        self.rules: list[Standing] = []

    def keep(self, standing: Standing) -> None:
        self.rules.append(standing)

    def drop(self, standing: Standing) -> bool:
        return standing in self.rules

    def reread(self) -> list[Standing] | None:
        return None


class TestGrantsAndRefusals:
    def test_always_is_remembered_and_session_is_not(self) -> None:
        kept = Kept()
        permissions = Permissions("ask", PermissionSettings(), WORKSPACE, kept)
        permissions.grant("run_shell(ls *)", "session")
        permissions.grant("run_shell(wc *)", "user")

        assert [each.rule.text for each in kept.rules] == ["run_shell(wc *)"]
        assert permissions.judge(shell("ls | wc"), Risk.EXECUTE).verdict == "allow"
        assert [(each.place, each.rule.text) for each in permissions.rules()] == [
            ("session", "run_shell(ls *)"),
            ("settings", "run_shell(wc *)"),
        ]

    def test_D13_another_session_keeps_only_what_is_for_always(self) -> None:
        permissions = book()
        permissions.grant("run_shell(ls *)", "session")
        permissions.grant("run_shell(wc *)", "user")
        permissions.refuse(shell("rm x"))
        permissions.forget_session()

        verdicts = [permissions.judge(shell(text), Risk.EXECUTE).verdict for text in ("ls", "wc", "rm x")]
        assert verdicts == ["ask", "allow", "ask"]

    def test_a_bad_grant_is_neither_remembered_nor_used(self) -> None:
        kept = Kept()
        permissions = Permissions("ask", PermissionSettings(), WORKSPACE, kept)

        with pytest.raises(RuleError):
            permissions.grant("run_shell(", "user")
        assert (kept.rules, permissions.rules()) == ([], [])

    def test_a_grant_can_be_revoked(self) -> None:
        permissions = book()
        permissions.grant("run_shell(ls *)", "session")

        assert permissions.revoke("run_shell(ls *)")
        assert not permissions.revoke("run_shell(ls *)")
        assert permissions.judge(shell("ls"), Risk.EXECUTE).verdict == "ask"

    def test_a_rule_ends_when_its_time_is_over(self) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        ends = Standing(parse_rule("run_shell(ls *)"), Verdict.ALLOW, "project", now + timedelta(hours=1))
        standings = Standings([ends], now=lambda: now)

        assert standings.rules(Verdict.ALLOW) == [ends.rule]
        now += timedelta(hours=1)
        assert standings.in_force() == []

    def test_a_rule_of_the_settings_of_a_workspace_is_not_revoked(self) -> None:
        permissions = Permissions("ask", PermissionSettings(deny=("run_shell(rm *)",)), WORKSPACE, Kept())

        with pytest.raises(PermissionError):
            permissions.revoke("run_shell(rm *)")
        assert permissions.judge(shell("rm x"), Risk.EXECUTE).verdict == "deny"

    def test_a_rule_for_once_covers_one_call_of_any_tool(self) -> None:
        permissions = book()
        permissions.grant("edit_file(/a.py)", "once")
        judged = permissions.judge(call("edit_file", path="a.py"), Risk.WRITE)
        permissions.spend(judged)

        assert judged.verdict == "allow"
        assert permissions.judge(call("edit_file", path="a.py"), Risk.WRITE).verdict == "ask"

    def test_a_grant_does_not_beat_a_deny_rule(self) -> None:
        permissions = book(deny=["run_shell(rm *)"])
        permissions.grant("run_shell(rm *)", "session")

        assert permissions.judge(shell("rm x"), Risk.EXECUTE).verdict == "deny"

    def test_D13_judging_is_no_approval(self) -> None:
        permissions = book()

        for _ in range(3):
            assert permissions.judge(shell("ls"), Risk.EXECUTE).verdict == "ask"
        assert permissions.rules() == []

    def test_D13_a_grant_holds_in_its_session_and_for_its_arguments(self) -> None:
        permissions = book()
        permissions.grant("run_shell(= rm a)", "session")

        assert permissions.judge(shell("rm b"), Risk.EXECUTE).verdict == "ask"
        assert book().judge(shell("rm a"), Risk.EXECUTE).verdict == "ask"

    def test_D12_a_refused_call_is_not_asked_again(self) -> None:
        permissions = book()
        permissions.refuse(shell("rm x"))
        again = ToolCall("2", "run_shell", {"command": "rm x"})
        judgement = permissions.judge(again, Risk.EXECUTE)

        assert (judgement.verdict, judgement.source) == ("deny", "refused")
        assert permissions.judge(shell("rm y"), Risk.EXECUTE).verdict == "ask"
        assert permissions.judge(call("run_other", command="rm x"), Risk.EXECUTE).verdict == "ask"

    def test_D12_the_order_of_arguments_does_not_matter(self) -> None:
        permissions = book()
        permissions.refuse(call("edit_file", path="a", old_text="b"))

        assert permissions.judge(call("edit_file", old_text="b", path="a"), Risk.WRITE).source == "refused"

    def test_a_person_can_change_their_mind(self) -> None:
        permissions = book()
        permissions.refuse(shell("rm x"))
        permissions.grant("run_shell(rm x)", "session")
        assert permissions.judge(shell("rm x"), Risk.EXECUTE).verdict == "allow"

        permissions.refuse(shell("rm y"))
        permissions.forget_refusals()
        assert permissions.judge(shell("rm y"), Risk.EXECUTE).verdict == "ask"

    def test_the_mode_can_change(self) -> None:
        permissions = book()
        permissions.mode = "auto"

        assert permissions.judge(shell("make"), Risk.EXECUTE).verdict == "allow"


@pytest.mark.parametrize("group", ["allow", "ask", "deny"])
def test_a_bad_rule_in_the_settings_is_an_error(group: str) -> None:
    with pytest.raises(RuleError, match="run_shell"):
        Permissions("ask", PermissionSettings(**{group: ("run_shell(",)}), WORKSPACE)


def test_an_explanation_says_every_part() -> None:
    text = explain(judge("git status && rm -rf x | wc > out", ["run_shell(git status *)"]))

    assert text.splitlines() == [
        "ask (by mode)",
        "  allow  git status  (rule run_shell(git status *))",
        "  ask    rm -rf x  (no rule allows it)",
        "  ask    wc  (no rule allows it)",
        "  ask    > out  (writes to out)",
        "  an approval for more than once would add: run_shell(= git status && rm -rf x | wc > out)",
    ]
