"""Rules that outlive a session: where they are kept, where they hold, when they end."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.rule_book import RuleBook
from assistant.settings_file import SettingsError
from tools.calls import Risk, ToolCall
from tools.permissions.book import Permissions
from tools.permissions.judgement import Verdict
from tools.permissions.rules import parse_rule
from tools.permissions.settings import PermissionSettings
from tools.permissions.standing import Place, Standing

LS = parse_rule("run_shell(ls *)")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPRENTICE_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "data" / "rules.json"


def standing(place: Place, hours: float | None = None, verdict: Verdict = Verdict.ALLOW) -> Standing:
    return Standing(LS, verdict, place, None if hours is None else datetime.now(UTC) + timedelta(hours=hours))


def test_a_rule_of_a_project_holds_there_only(file: Path, tmp_path: Path) -> None:
    here, there = RuleBook(file, tmp_path / "here"), RuleBook(file, tmp_path / "there")
    here.keep(standing("project", verdict=Verdict.DENY))
    there.keep(standing("user", hours=1))

    assert [(each.place, each.verdict) for each in here.kept()] == [("project", "deny"), ("user", "allow")]
    assert [each.place for each in there.kept()] == ["user"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_has_ended_is_not_read_and_leaves_the_file(file: Path, tmp_path: Path) -> None:
    book = RuleBook(file, tmp_path)
    book.keep(standing("user", hours=-1))
    assert book.kept() == []
    book.keep(standing("project"))
    assert [entry["where"] for entry in json.loads(file.read_text())["rules"]] == ["project"]


def test_the_same_rule_is_kept_once_with_its_new_end(file: Path, tmp_path: Path) -> None:
    book = RuleBook(file, tmp_path)
    book.keep(standing("project", hours=1))
    book.keep(standing("project"))
    assert book.kept() == [standing("project")]
    assert book.drop(standing("project"))
    assert book.kept() == []


def test_what_holds_everywhere_for_good_goes_into_the_settings(file: Path, tmp_path: Path) -> None:
    book = RuleBook(file, tmp_path)
    book.keep(standing("settings", verdict=Verdict.DENY))
    settings = tmp_path / "config" / "settings.toml"
    assert 'deny = ["run_shell(ls *)"]' in settings.read_text()
    assert not book.drop(standing("settings"))
    assert book.drop(standing("settings", verdict=Verdict.DENY))
    assert "run_shell" not in settings.read_text()
    assert not file.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"schema": 2, "rules": []}',
        '{"schema": 1, "rules": [7]}',
        '{"schema": 1, "rules": [{}]}',
    ],
)
def test_M07_a_damaged_book_is_said_and_left_as_it_is(file: Path, tmp_path: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    book = RuleBook(file, tmp_path)

    with pytest.raises(SettingsError, match=r"rules\.json: ") as raised:
        book.kept()
    assert "\n" not in str(raised.value)
    assert file.read_text() == content


def test_what_another_program_keeps_or_drops_is_seen_and_what_limits_stays(
    file: Path, tmp_path: Path
) -> None:
    mine, other = RuleBook(file, tmp_path), RuleBook(file, tmp_path)
    other.keep(standing("settings", verdict=Verdict.DENY))
    book = Permissions("ask", PermissionSettings(deny=(LS.text,)), tmp_path, mine, mine.kept())
    ls = ToolCall("c", "run_shell", {"command": "ls -l"})
    make = ToolCall("c", "run_shell", {"command": "make x"})

    def verdicts() -> list[str]:
        book.refresh()
        return [str(book.judge(call, Risk.EXECUTE).verdict) for call in (ls, make)]

    assert verdicts() == ["deny", "ask"]
    rule = parse_rule("run_shell(make *)")
    for place in ("project", "settings"):
        other.keep(Standing(rule, Verdict.ALLOW, place))
        assert verdicts() == ["deny", "allow"]
        other.drop(Standing(rule, Verdict.ALLOW, place))
        assert verdicts() == ["deny", "ask"]
    other.drop(standing("settings", verdict=Verdict.DENY))
    assert verdicts() == ["deny", "ask"], "another settings file may deny it too"
    assert mine.reread() is None, "nothing changed"
    other.keep(Standing(rule, Verdict.ALLOW, "project"))
    book.grant("run_shell(ls *)", "session")
    file.write_text("{")
    for _ in range(2):
        with pytest.raises(SettingsError, match="damaged"):
            book.refresh()
    file.unlink()
    assert verdicts() == ["deny", "ask"]
