"""/permissions over a real book of rules."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.commands.permissions import USAGE
from assistant.modes import MODES, next_mode
from assistant.settings_file import SettingsError
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat, shell_call
from tools.calls import Risk
from tools.permissions import judgement
from tools.permissions.book import Permissions
from tools.permissions.judgement import Verdict
from tools.permissions.settings import PermissionSettings
from tools.permissions.standing import Standing

SETTINGS = PermissionSettings(allow=("read_file",), deny=("run_shell(rm *)",))


class Place:
    """A context, with what it wrote and what was remembered."""

    def __init__(self, tmp_path: Path, *, panels: tuple[str, ...] = (), full: bool = False) -> None:
        folder = tmp_path / "project"
        folder.mkdir()
        self.remembered: list[Standing] = []
        self.dropped: list[Standing] = []
        self.full = full
        self.book = Permissions("ask", SETTINGS, folder, self)
        chat: Any = FakeChat(folder, permissions=self.book)
        self.interface = Recorder(panels=panels)
        self.context = CommandContext(chat, self.interface)

    async def run(self, line: str) -> None:
        assert await registry.dispatch(self.context, line)

    def verdict(self, command: str) -> Verdict:
        return self.book.judge(shell_call(command), Risk.EXECUTE).verdict

    def keep(self, standing: Standing) -> None:
        if self.full:
            raise SettingsError("settings.toml: no space left; free some")
        self.remembered.append(standing)

    def drop(self, standing: Standing) -> bool:
        self.dropped.append(standing)
        return standing.rule.text != "read_file"

    def reread(self) -> list[Standing] | None:
        return None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_modes_are_those_of_the_permissions() -> None:
    assert tuple(MODES) == judgement.MODES


def test_next_mode_goes_round() -> None:
    seen = ["plan"]
    for _ in range(4):
        seen.append(next_mode(seen[-1]))
    assert seen == ["plan", "ask", "edit", "auto", "plan"]
    assert next_mode("unheard of") == "ask"


@pytest.mark.parametrize("line", ["/permissions", "/permissions list"])
async def test_list_shows_mode_and_every_rule_with_its_place(place: Place, line: str) -> None:
    await place.run("/permissions add run_shell(git status *)")
    await place.run(line)
    text = place.interface.shown[-1]
    assert text.startswith("Mode ask: ")
    assert "| deny | `run_shell(rm *)` | settings |" in text
    assert "| allow | `read_file` | settings |" in text
    assert "| allow | `run_shell(git status *)` | session |" in text


async def test_panel_opens_for_the_bare_name_only(tmp_path: Path) -> None:
    place = Place(tmp_path, panels=("permissions",))
    await place.run("/permissions list")
    assert place.interface.opened == []
    await place.run("/permissions")
    assert place.interface.opened == ["permissions"]


async def test_add_says_what_a_rule_opens(place: Place) -> None:
    await place.run("/permissions add run_shell(git grep **)")
    assert place.interface.said[-1][1].endswith(
        "core.fsmonitor, hooks; also allows all other options of `git grep`: -O runs a program,"
        " --textconv runs filters"
    )
    await place.run("/permissions add deny run_shell(git grep **)")
    assert place.interface.said[-1][1] == "denied until this session ends: run_shell(git grep **)"


async def test_add_allows_for_this_session_only(place: Place) -> None:
    assert place.verdict("git status -s") is Verdict.ASK
    await place.run("/permissions add run_shell(git status *)")
    assert place.verdict("git status -s") is Verdict.ALLOW
    assert place.remembered == []
    assert place.interface.said[-1][1] == (
        "allowed until this session ends: run_shell(git status *); it runs what the repository's settings"
        " name: diff.external, textconv, filters, core.fsmonitor, hooks; it covers the options that are known"
        " to be harmless; `git status **` covers all"
    )


async def test_add_always_is_kept_in_the_settings(place: Place) -> None:
    await place.run("/permissions add always run_shell(git status *)")
    assert [(each.rule.text, each.place) for each in place.remembered] == [
        ("run_shell(git status *)", "settings")
    ]
    assert place.verdict("git status") is Verdict.ALLOW


async def test_settings_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    place = Place(tmp_path, full=True)
    await place.run("/permissions add always read_file")
    assert place.interface.errors == ["settings.toml: no space left; free some"]


async def test_remove_takes_a_rule_of_the_session_away(place: Place) -> None:
    await place.run("/permissions add run_shell(git status *)")
    await place.run("/permissions remove run_shell(git status *)")
    assert place.verdict("git status") is Verdict.ASK
    assert place.interface.errors == []


async def test_remove_says_where_a_rule_stands_that_it_cannot_take_away(place: Place) -> None:
    await place.run("/permissions remove read_file")
    await place.run("/permissions remove write_file")
    stands, unknown = place.interface.errors
    assert stands == "read_file stands in settings that are not your own file; it stays"
    assert unknown == "there is no rule write_file; /permissions list shows them"


async def test_remove_takes_a_rule_out_of_the_settings(place: Place) -> None:
    assert place.verdict("rm x") is Verdict.DENY
    await place.run("/permissions remove run_shell(rm *)")
    assert [each.place for each in place.dropped] == ["settings"]
    assert place.verdict("rm x") is Verdict.ASK


async def test_a_rule_for_once_covers_one_call(place: Place) -> None:
    await place.run("/permissions add once run_shell(git status *)")
    call = shell_call("git status; git status -s")
    judged = place.book.judge(call, Risk.EXECUTE)
    assert judged.verdict is Verdict.ALLOW
    assert place.verdict("git status") is Verdict.ALLOW, "judging alone uses nothing up"
    place.book.spend(judged)
    assert place.verdict("git status") is Verdict.ASK
    assert place.interface.said[-1][1].startswith("allowed for the next call that it covers: ")


async def test_a_rule_has_scope_verdict_and_end(place: Place) -> None:
    await place.run("/permissions add project deny for 2h run_shell(ls *)")
    [kept] = place.remembered
    assert (kept.rule.text, kept.place, kept.verdict) == ("run_shell(ls *)", "project", Verdict.DENY)
    assert kept.until is not None
    assert timedelta(hours=1) < kept.until - datetime.now(UTC) < timedelta(hours=3)
    assert place.verdict("ls") is Verdict.DENY
    await place.run("/permissions list")
    assert "| deny | `run_shell(ls *)` | project, until 20" in place.interface.shown[-1]
    await place.run("/permissions remove user run_shell(ls *)")
    assert place.interface.errors[-1] == "there is no rule run_shell(ls *); /permissions list shows them"
    await place.run("/permissions remove project run_shell(ls *)")
    assert place.verdict("ls") is Verdict.ASK


async def test_an_end_that_is_no_time_is_one_line(place: Place) -> None:
    await place.run("/permissions add for ever read_file")
    await place.run("/permissions add for 2020-01-01 read_file")
    assert place.interface.errors[0].startswith("'ever' is no time; write ")
    assert place.interface.errors[1].startswith("'2020-01-01' is over")


@pytest.mark.parametrize("action", ["add", "remove"])
async def test_rule_that_does_not_parse_is_one_line(place: Place, action: str) -> None:
    await place.run(f"/permissions {action} run_shell(ls")
    [error] = place.interface.errors
    assert "run_shell(ls" in error
    assert "\n" not in error


@pytest.mark.parametrize(
    ("typed", "verdict", "parts"),
    [
        ('"rm -rf x"', "deny", ["rm -rf x"]),
        ("ls; rm -rf x", "deny", ["ls", "rm -rf x"]),
        ("'git status | sh'", "ask", ["git status", "sh"]),
        ("'unbalanced", "ask", []),
        ('"a" "b"', "ask", []),
    ],
)
async def test_D1_test_judges_every_part(place: Place, typed: str, verdict: str, parts: list[str]) -> None:
    await place.run(f"/permissions test {typed}")
    [text] = place.interface.shown
    assert f"\n{verdict} (by " in text
    assert all(f"  {part}" in text for part in parts)


async def test_test_changes_nothing(place: Place) -> None:
    before = place.book.rules()
    await place.run('/permissions test "git status"')
    assert place.book.rules() == before
    assert place.verdict("git status") is Verdict.ASK


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "/permissions grant x",
            f"/permissions takes {USAGE}",
        ),
        ("/permissions add", "/permissions add takes a rule"),
        ("/permissions remove  ", "/permissions remove takes a rule"),
        ("/permissions test", "/permissions test takes a command"),
    ],
)
async def test_wrong_usage_is_one_line(place: Place, line: str, said: str) -> None:
    await place.run(line)
    assert place.interface.errors == [said]


async def test_actions_and_removable_rules_complete(place: Place) -> None:
    await place.run("/permissions add run_shell(git status *)")

    def lines(text: str) -> list[str]:
        return [line for line, _ in registry.complete(place.context, text)]

    assert lines("/permissions ") == [
        f"/permissions {action}" for action in ("list", "add", "remove", "test")
    ]
    assert lines("/permissions r") == ["/permissions remove"]
    assert "/permissions remove run_shell(git status *)" in lines("/permissions remove ")
    assert lines("/permissions add p") == ["/permissions add project "]
