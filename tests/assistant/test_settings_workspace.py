"""M3: settings that come with a workspace may tighten, never loosen."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings, SettingsError, load_settings
from assistant.settings_check import known_keys
from assistant.settings_project import RULES, may_change
from tests.assistant.trusting import trusted

NEVER_FROM_A_WORKSPACE = {
    ("student", "model"),
    ("student", "adapter"),
    ("student", "name"),
    ("student", "threads"),
    ("sandbox", "image"),
    ("permissions", "allow"),
    ("tools", "search_url"),
    ("tools", "search_provider"),
    ("tools", "fetch_private_hosts"),
    ("events", "url"),
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("APPRENTICE_CONFIG_DIR", str(folder))
    return folder / "settings.toml"


@pytest.fixture(params=["settings.toml", "settings.local.toml"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Either of the two settings files of a workspace."""
    folder = tmp_path / "workspace" / ".apprentice"
    folder.mkdir(parents=True)
    return folder / str(request.param)


def load(project: Path) -> Settings:
    return load_settings(trusted(project.parent.parent), environ={})


def assignment(key: tuple[str, ...], value: Any) -> str:
    return f"{'.'.join(key)} = {json.dumps(value)}\n"


LOOSENING: list[tuple[str, tuple[str, ...], Any]] = [
    ("", ("mode",), "edit"),
    ("", ("mode",), "auto"),
    ('mode = "plan"\n', ("mode",), "ask"),
    ("", ("permissions", "allow"), ["run_shell"]),
    ('[permissions]\nallow = ["read_file"]\n', ("permissions", "allow"), ["run_shell"]),
    ('sandbox.engine = "off"\n', ("sandbox", "engine"), "auto"),
    ('sandbox.engine = "bubblewrap"\n', ("sandbox", "engine"), "docker"),
    ('sandbox.engine = "docker"\n', ("sandbox", "engine"), "auto"),
    ("", ("sandbox", "image"), "evil"),
    ("", ("sandbox", "wall_seconds"), 3000),
    ("", ("sandbox", "memory_mb"), 1 << 19),
    ("", ("sandbox", "processes"), 4096),
    ("", ("sandbox", "network"), ["evil.example"]),
    ('sandbox.network = ["github.com"]\n', ("sandbox", "network"), ["github.com", "evil.example"]),
    ('sandbox.network = ["docs.python.org"]\n', ("sandbox", "network"), ["*.python.org"]),
    ('sandbox.network = ["github.com"]\n', ("sandbox", "network"), []),
    ("", ("student", "model"), "http://evil.example/v1"),
    ("", ("student", "model"), "./model.gguf"),
    ("", ("student", "adapter"), "./adapter.gguf"),
    ("", ("student", "threads"), 512),
    ("", ("student", "context_tokens"), 1 << 19),
    ("", ("tools", "search_url"), "http://evil.example"),
    ("", ("tools", "search_provider"), "brave"),
    ("", ("tools", "fetch_bytes"), 1 << 25),
    ("", ("events", "url"), "/tmp/evil"),
    ("events.redact_email = true\n", ("events", "redact_email"), False),
    ("", ("loop", "max_steps"), 200),
    ("", ("loop", "max_repeats"), 10),
]


@pytest.mark.parametrize(("own", "key", "value"), LOOSENING)
def test_M3_what_loosens_is_dropped_and_said(
    config: Path, project: Path, own: str, key: tuple[str, ...], value: Any
) -> None:
    config.write_text(own)
    before = dict(load(project).values())
    project.write_text(f"# a comment\n{assignment(key, value)}")
    settings = load(project)
    assert dict(settings.values()) == before
    said = "is ignored: a workspace may only tighten; to have it, set it in"
    assert settings.notices == (f"{project}:2: {'.'.join(key)} {said} {config}",)


TIGHTENING: list[tuple[str, tuple[str, ...], Any]] = [
    ("", ("mode",), "plan"),
    ('mode = "auto"\n', ("mode",), "ask"),
    ("", ("sandbox", "engine"), "off"),
    ("", ("sandbox", "engine"), "docker"),
    ("", ("sandbox", "wall_seconds"), 5.0),
    ("", ("sandbox", "output_kb"), 8),
    ('sandbox.network = ["*.python.org", "github.com"]\n', ("sandbox", "network"), ("docs.python.org",)),
    ("", ("student", "answer_tokens"), 64),
    ("", ("tools", "result_characters"), 400),
    ("", ("loop", "max_steps"), 3),
    ("", ("events", "redact_email"), True),
    ("", ("interface", "theme"), "apprentice-light"),
    ("", ("interface", "mouse"), False),
]


@pytest.mark.parametrize(("own", "key", "value"), TIGHTENING)
def test_M3_what_tightens_is_taken(
    config: Path, project: Path, own: str, key: tuple[str, ...], value: Any
) -> None:
    config.write_text(own)
    project.write_text(assignment(key, value))
    settings = load(project)
    assert dict(settings.values())[key] == value
    assert settings.notices == ()
    assert settings.origin(key) == f"{project}:1"


def test_M3_lists_that_restrict_add_up(config: Path, project: Path) -> None:
    config.write_text('[permissions]\nallow = ["read_file"]\ndeny = ["fetch_url"]\nask = ["a"]\n')
    project.write_text('[permissions]\ndeny = ["run_shell", "fetch_url"]\nask = []\n')
    settings = load(project)
    assert settings.permissions.allow == ("read_file",)
    assert settings.permissions.deny == ("fetch_url", "run_shell")
    assert settings.permissions.ask == ("a",)


def test_M3_the_local_file_cannot_undo_what_the_shared_one_tightened(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace" / ".apprentice"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('mode = "plan"\nloop.max_steps = 2\n')
    (folder / "settings.local.toml").write_text('mode = "ask"\nloop.max_steps = 3\n')
    settings = load_settings(trusted(folder.parent), environ={})
    assert (settings.mode, settings.loop.max_steps) == ("plan", 2)
    assert len(settings.notices) == 2


def test_the_person_is_above_the_workspace(config: Path, project: Path) -> None:
    project.write_text('mode = "plan"\n')
    workspace = project.parent.parent
    assert load_settings(trusted(workspace), environ={"APPRENTICE_MODE": "edit"}).mode == "edit"
    assert load_settings(trusted(workspace), flags={"mode": "auto"}, environ={}).mode == "auto"


def test_M3_a_dropped_value_must_still_be_valid(config: Path, project: Path) -> None:
    project.write_text("[sandbox]\nimage = 3\n")
    with pytest.raises(SettingsError, match=r"settings.*:2: sandbox.image"):
        load(project)


def test_M3_a_rule_stands_for_every_key_that_a_workspace_may_touch() -> None:
    assert set(RULES) <= set(known_keys(Settings))


@pytest.mark.parametrize("key", sorted(NEVER_FROM_A_WORKSPACE))
def test_M3_what_reaches_out_or_loads_code_is_never_a_workspace_s(key: tuple[str, ...]) -> None:
    assert key in set(known_keys(Settings))
    assert not may_change(key, "now", "proposed")


def test_M3_a_setting_without_a_rule_is_closed() -> None:
    assert not may_change(("tools", "invented_tomorrow"), False, True)
    assert may_change(("tools", "invented_tomorrow"), True, True)
