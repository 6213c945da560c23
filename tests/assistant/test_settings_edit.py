"""Changing the person's own settings file."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from assistant.settings import SettingsError, load_settings
from assistant.settings_edit import remember_rule, set_value


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPRENTICE_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "settings.toml"


def test_the_first_rule_makes_a_private_file(config: Path, tmp_path: Path) -> None:
    assert remember_rule("run_shell(git status *)")
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    assert load_settings(tmp_path, environ={}).permissions.allow == ("run_shell(git status *)",)


def test_rules_are_added_once_and_in_order(config: Path, tmp_path: Path) -> None:
    assert [remember_rule(rule) for rule in ("a", "b", "a")] == [True, True, False]
    assert load_settings(tmp_path, environ={}).permissions.allow == ("a", "b")


def test_comments_and_order_stay(config: Path) -> None:
    config.parent.mkdir(mode=0o700)
    before = '# mine\nmode = "plan" # careful\n\n[permissions]\n# these are fine\nallow = ["read_file"]\n'
    config.write_text(before)
    remember_rule("git_diff")
    assert config.read_text() == before.replace('["read_file"]', '["read_file", "git_diff"]')


@pytest.mark.parametrize("rule", ["", "  ", "a\nb"])
def test_what_is_no_rule_is_refused(config: Path, rule: str) -> None:
    with pytest.raises(SettingsError, match="is no rule"):
        remember_rule(rule)
    assert not config.exists()


def test_a_file_with_a_mistake_is_left_as_it_is(config: Path) -> None:
    config.parent.mkdir(mode=0o700)
    config.write_text("moed = 1\n")
    with pytest.raises(SettingsError, match=r"settings.toml:1: unknown key 'moed'"):
        remember_rule("a")
    assert config.read_text() == "moed = 1\n"
    assert [p.name for p in config.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("mode", "plan", "plan"),
        ("loop.max_steps", "3", 3),
        ("interface.mouse", "false", False),
        ("loop.max_seconds", "2.5", 2.5),
        ("permissions.deny", '["run_shell"]', ("run_shell",)),
        ("student.model", "/models/a b.gguf", "/models/a b.gguf"),
    ],
)
def test_a_value_that_is_set_is_loaded(
    config: Path, tmp_path: Path, key: str, text: str, value: object
) -> None:
    assert set_value(key, text) == value
    assert dict(load_settings(tmp_path, environ={}).values())[tuple(key.split("."))] == value


def test_a_top_level_key_set_after_tables_stays_top_level(config: Path, tmp_path: Path) -> None:
    set_value("loop.max_steps", "3")
    set_value("mode", "plan")
    set_value("loop.max_repeats", "1")
    settings = load_settings(tmp_path, environ={})
    assert (settings.mode, settings.loop.max_steps, settings.loop.max_repeats) == ("plan", 3, 1)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("moed", "plan", "unknown key 'moed'; did you mean 'mode'?"),
        ("mode", "yolo", "mode: input should be"),
        ("loop", "3", "loop is a table"),
        ("loop.max_steps", "0", "greater than or equal to 1"),
        ("loop.max_steps.x", "0", "loop.max_steps"),
        ("permissions.deny", "rm", "is no list"),
        ("", "x", "unknown key ''"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(config: Path, key: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        set_value(key, text)
    assert said in str(caught.value)
    assert not config.exists()


def test_a_link_to_the_settings_stays_a_link(config: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "settings.toml"
    real.parent.mkdir()
    real.write_text('mode = "plan"\n')
    config.parent.mkdir(mode=0o700)
    config.symlink_to(real)
    remember_rule("a")
    assert config.is_symlink()
    assert 'mode = "plan"' in real.read_text()
    assert '"a"' in real.read_text()


def test_a_folder_that_cannot_be_written_is_said(config: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        remember_rule("a")


@pytest.mark.slow
def test_two_programs_lose_no_rule(config: Path, tmp_path: Path) -> None:
    children = [
        multiprocessing.get_context("fork").Process(target=_remember_many, args=(name,)) for name in "ab"
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
    rules = load_settings(tmp_path, environ={}).permissions.allow
    assert sorted(rules) == sorted(f"{name}{number}" for name in "ab" for number in range(10))


def _remember_many(name: str) -> None:
    for number in range(10):
        remember_rule(f"{name}{number}")
