"""Where settings come from, which source wins, and what a bad one says."""

from pathlib import Path

import pytest

from assistant.settings import Settings, SettingsError, load_settings
from assistant.settings_check import known_keys
from assistant.settings_file import LARGEST_BYTES, line_of
from tests.assistant.trusting import trusted


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's own settings file, in a folder of this test."""
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("APPRENTICE_CONFIG_DIR", str(folder))
    return folder / "settings.toml"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / ".apprentice").mkdir(parents=True)
    return folder


def project(workspace: Path) -> Path:
    return workspace / ".apprentice" / "settings.toml"


def local(workspace: Path) -> Path:
    return workspace / ".apprentice" / "settings.local.toml"


def load(workspace: Path, environ: dict[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(trusted(workspace), flags=flags, environ=environ or {})


def refusal(workspace: Path, environ: dict[str, str] | None = None, **flags: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(workspace, environ, **flags)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_any_source_everything_is_built_in(config: Path, workspace: Path) -> None:
    settings = load(workspace)
    assert settings == Settings()
    assert settings.notices == ()
    assert {settings.origin(key) for key, _ in settings.values()} == {"built-in"}
    assert not config.exists()


@pytest.mark.parametrize(
    ("sources", "theme", "origin"),
    [
        ([], "apprentice-dark", "built-in"),
        (["user"], "user", "config/settings.toml:2"),
        (["user", "project"], "project", ".apprentice/settings.toml:2"),
        (["user", "project", "local"], "local", ".apprentice/settings.local.toml:2"),
        (["user", "project", "local", "environment"], "environment", "APPRENTICE_INTERFACE__THEME"),
        (["user", "project", "local", "environment", "flags"], "flags", "command line"),
        (["user", "environment"], "environment", "APPRENTICE_INTERFACE__THEME"),
        (["project", "flags"], "flags", "command line"),
        (["local"], "local", ".apprentice/settings.local.toml:2"),
    ],
)
def test_the_nearer_source_wins(
    config: Path, workspace: Path, sources: list[str], theme: str, origin: str
) -> None:
    files = {"user": config, "project": project(workspace), "local": local(workspace)}
    for name, file in files.items():
        if name in sources:
            file.write_text(f'[interface]\ntheme = "{name}"\n')
    environ = {"APPRENTICE_INTERFACE__THEME": "environment"} if "environment" in sources else {}
    flags = {"interface.theme": "flags"} if "flags" in sources else {}
    settings = load_settings(trusted(workspace), flags=flags, environ=environ)
    assert settings.interface.theme == theme
    assert settings.origin(("interface", "theme")).endswith(origin)


def test_sources_join_by_key_not_by_table(config: Path, workspace: Path) -> None:
    config.write_text("[loop]\nmax_steps = 50\nmax_seconds = 20\n")
    project(workspace).write_text("[loop]\nmax_steps = 5\n")
    settings = load(workspace, {"APPRENTICE_LOOP__MAX_REPEATS": "3"})
    assert (settings.loop.max_steps, settings.loop.max_seconds, settings.loop.max_repeats) == (5, 20.0, 3)


def test_a_table_and_its_key_clash_in_either_order(config: Path, workspace: Path) -> None:
    for names in (("loop", "loop.max_steps"), ("loop.max_steps", "loop")):
        with pytest.raises(SettingsError, match=r"clashes|is a table"):
            load_settings(trusted(workspace), flags=dict.fromkeys(names, 3), environ={})


def test_flags_of_none_are_not_given(config: Path, workspace: Path) -> None:
    config.write_text('mode = "plan"\n')
    assert load(workspace, mode=None).mode == "plan"
    assert load(workspace, mode="auto").mode == "auto"


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("APPRENTICE_MODE", "plan", ("mode",), "plan"),
        ("APPRENTICE_STUDENT__MODEL", "/m/x.gguf", ("student", "model"), "/m/x.gguf"),
        ("APPRENTICE_STUDENT__CONTEXT_TOKENS", "4096", ("student", "context_tokens"), 4096),
        ("APPRENTICE_INTERFACE__MOUSE", "false", ("interface", "mouse"), False),
        (
            "APPRENTICE_PERMISSIONS__DENY",
            '["run_shell(rm *)"]',
            ("permissions", "deny"),
            ("run_shell(rm *)",),
        ),
        ("APPRENTICE_STUDENT__ADAPTER", "", ("student", "adapter"), ""),
    ],
)
def test_the_environment_is_read_by_type(
    config: Path, workspace: Path, variable: str, text: str, key: tuple[str, ...], value: object
) -> None:
    assert dict(load(workspace, {variable: text}).values())[key] == value


def test_variables_that_move_folders_are_no_settings(config: Path, workspace: Path) -> None:
    assert (
        load(workspace, {"APPRENTICE_DATA_DIR": "/x", "PATH": "/bin", "_APPRENTICE_COMPLETE": "x"}).mode
        == "ask"
    )


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"APPRENTICE_MOED": "plan"}, "APPRENTICE_MOED: unknown key 'moed'; did you mean 'mode'?"),
        (
            {"APPRENTICE_MODE": "yolo"},
            "APPRENTICE_MODE: mode: input should be 'plan', 'ask', 'edit' or 'auto'",
        ),
        ({"APPRENTICE_STUDENT": "x"}, "APPRENTICE_STUDENT: student is a table"),
        ({"APPRENTICE_MODE__X": "1", "APPRENTICE_MODE": "plan"}, "clashes"),
        ({"APPRENTICE_MODE_": "plan", "APPRENTICE_MODE__X__Y": "plan"}, "APPRENTICE_MODE: mode"),
        ({"APPRENTICE_STUDENT": "x", "APPRENTICE_STUDENT__MODEL": "y"}, "clashes"),
        ({"APPRENTICE_QQQQ": "x"}, "known here: context, events, generation, interface, loop, mode"),
        ({"APPRENTICE_PERMISSIONS__DENY": "rm"}, 'is no list; write ["first", "second"]'),
        ({"APPRENTICE_LOOP__MAX_STEPS": "many"}, "APPRENTICE_LOOP__MAX_STEPS: loop.max_steps"),
    ],
)
def test_a_bad_variable_is_named(config: Path, workspace: Path, environ: dict[str, str], said: str) -> None:
    assert said in refusal(workspace, environ)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode = \n", ":1: not valid TOML: Invalid value"),
        pytest.param("a." * 1000 + "b = 1\n", ": nested too deeply to be settings", id="a dotted key"),
        pytest.param("[" + "a." * 100 + "b]\n", ": nested too deeply to be settings", id="a header"),
        pytest.param("x = " + "[" * 40 + "]" * 40, ": nested too deeply to be settings", id="arrays"),
        ('mode = "plan"\n[loop\n', ":2: not valid TOML"),
        ('a = 1\n\n\nmode = "', ":4: not valid TOML"),
        ('\nmoed = "plan"\n', ":2: unknown key 'moed'; did you mean 'mode'?"),
        ("[loop]\nmax_step = 3\n", ":2: unknown key 'loop.max_step'; did you mean 'loop.max_steps'?"),
        ("[sandbx]\nwall_seconds = 3\n", ":1: unknown key 'sandbx'; did you mean 'sandbox'?"),
        ("\nmax_steps = 3\n", ":2: unknown key 'max_steps'; did you mean 'loop.max_steps'?"),
        ("[events]\nzzzzzzzz = 3\n", "known here: redact_email, segment_mb, sync, url"),
        (
            '[loop]\n# how far\nmax_steps = "3"\n',
            ":3: loop.max_steps: input should be a valid integer, not '3'",
        ),
        ("[interface]\nmouse = 1\n", ":2: interface.mouse: input should be a valid boolean, not 1"),
        ("[loop]\nmax_steps = 1.5\n", ":2: loop.max_steps"),
        ('loop.max_steps = "x"\n', ":1: loop.max_steps"),
        ('loop = { max_steps = "x" }\n', ":1: loop.max_steps"),
        ("student = 3\n", ":1: student is a table"),
        (
            '[permissions]\ndeny = ["a",\n  3]\n',
            ":2: permissions.deny: input should be a valid string, not 3",
        ),
        ("x = 1\ny = 2\n", "(and 1 more)"),
    ],
)
@pytest.mark.parametrize("which", ["user", "project", "local"])
def test_M1_a_bad_file_is_said_with_file_line_and_nearest_key(
    config: Path, workspace: Path, text: str, said: str, which: str
) -> None:
    file = {"user": config, "project": project(workspace), "local": local(workspace)}[which]
    file.write_text(text)
    message = refusal(workspace)
    assert message.startswith(f"{file}:")
    assert said in message


def test_M1_files_that_are_no_text_files(config: Path, workspace: Path) -> None:
    config.write_bytes(b'mode = "\xff"\n')
    assert "not UTF-8 at byte 8" in refusal(workspace)
    config.write_bytes(b"#" * (LARGEST_BYTES + 1))
    assert "larger than 1024 KiB" in refusal(workspace)
    config.unlink()
    config.mkdir()
    assert "not a regular file" in refusal(workspace)


def test_M1_deep_nesting_is_an_error_not_a_crash(config: Path, workspace: Path) -> None:
    config.write_text("x = " + "[" * 100_000)
    assert str(config) in refusal(workspace)


def test_M2_an_empty_allow_list_takes_nothing_from_anywhere(config: Path, workspace: Path) -> None:
    config.write_text("[permissions]\nallow = []\n")
    project(workspace).write_text("[permissions]\nallow = []\n")
    settings = load(workspace)
    assert settings.permissions.allow == ()
    assert settings.notices == ()


@pytest.mark.parametrize("value", ["0", "-1", "99999999999999999999999", "nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "key",
    [
        "loop.max_steps",
        "loop.max_seconds",
        "loop.max_tokens",
        "sandbox.wall_seconds",
        "sandbox.memory_mb",
        "sandbox.processes",
        "student.context_tokens",
        "tools.fetch_bytes",
    ],
)
def test_M5_limits_of_nothing_less_or_everything_are_refused(
    config: Path, workspace: Path, key: str, value: str
) -> None:
    config.write_text(f"{key} = {value}\n")
    message = refusal(workspace)
    assert message.startswith(f"{config}:1: {key}: ")
    assert "Traceback" not in message


def test_M4_settings_that_others_may_read_are_warned_of(config: Path, workspace: Path) -> None:
    config.write_text('mode = "plan"\n')
    config.chmod(0o644)
    assert load(workspace).notices == ()  # the folder keeps others out
    config.parent.chmod(0o755)
    (notice,) = load(workspace).notices
    assert notice.endswith(f"chmod 600 {config}")
    config.chmod(0o600)
    assert load(workspace).notices == ()


def test_a_line_inside_a_long_text_is_not_taken_for_a_key() -> None:
    text = 'note = """\nmode = "x"\n"""\nmode = "plan"\n'
    assert line_of(text, ("mode",)) == 4


def test_lines_of_quoted_dotted_and_table_keys() -> None:
    text = '[a."b c"]\nd.e = 1\n[[list]]\nx = 1\n'
    assert line_of(text, ("a", "b c", "d", "e")) == 2
    assert line_of(text, ("a", "b c")) == 1
    assert line_of(text, ("list", "x")) == 4
    assert line_of(text, ("unheard", "of")) == 1


def test_every_setting_is_said_in_the_docs_of_its_model() -> None:
    keys = list(known_keys(Settings))
    assert ("mode",) in keys
    assert ("student", "model") in keys
    assert len(keys) == len(set(keys)) > 30


def test_settings_are_frozen(config: Path, workspace: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(workspace).mode = "auto"
