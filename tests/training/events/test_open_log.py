"""Where a log is, by its URL or by default."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.events import EventLogError, folder_of, open_log
from training.events.location import data_dir, log_dir


@pytest.fixture(autouse=True)
def no_real_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("APPRENTICE_DATA_DIR", raising=False)


@pytest.mark.parametrize("form", ["{}", "tinydb://{}", "path"])
def test_a_folder_or_its_url(tmp_path, make, form):
    folder = tmp_path / "a log"
    url = (
        folder
        if form == "path"
        else form.format(str(folder).replace(" ", "%20" if "tinydb" in form else " "))
    )
    log = open_log(url)
    log.append(make())
    log.close()
    assert (folder / "head").exists()


@pytest.mark.parametrize("url", [None, ""])
def test_the_default_is_in_the_user_s_data_folder(tmp_path, url):
    log = open_log(url)
    log.close()
    assert log.folder == tmp_path / "xdg" / "apprentice" / "events" == log_dir()
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in (log.folder, log.folder.parent))


def test_the_data_folder_may_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert data_dir() == tmp_path / "elsewhere"
    monkeypatch.setenv("APPRENTICE_DATA_DIR", "relative")
    with pytest.raises(EventLogError, match="absolute path"):
        open_log()


def test_the_program_and_the_log_agree_where_it_is(monkeypatch, tmp_path):
    from assistant import paths

    assert paths.events_dir() == log_dir()
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "elsewhere"))
    assert paths.events_dir() == log_dir()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://me:hunter2@db/x", "unknown scheme postgresql"),
        ("file:///tmp/x", "unknown scheme file://"),
        ("tinydb://host/folder", "names no folder"),
        ("tinydb:///", "names no folder"),
    ],
)
def test_an_unknown_url_is_one_line_without_its_password(url, said):
    with pytest.raises(EventLogError, match=said) as refused:
        folder_of(url)
    assert "tinydb:///folder" in str(refused.value)
    assert "hunter2" not in str(refused.value) and "\n" not in str(refused.value)


def test_without_create_a_log_that_is_not_there_is_an_error(tmp_path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(EventLogError, match="no event log is in"):
            open_log(folder, create=False)
    assert list(tmp_path.iterdir()) == []


def test_email_by_setting(tmp_path, make):
    text = "jane@example.org"
    for choice, stored in ((False, text), (True, "[redacted:email]")):
        log = open_log(tmp_path / str(choice), redact_email=choice)
        assert log.append(make(data={"text": text})).data["text"] == stored
        log.close()


def test_importing_touches_no_disk_and_loads_little(tmp_path):
    code = (
        "import sys, training, training.events\n"
        "from training import AgentDecisionLogger, DecisionLoggerMixin\n"
        "AgentDecisionLogger()\n"
        "heavy = {'tinydb', 'platformdirs', 'docker', 'llama_cpp'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "xdg").exists() and not (tmp_path / "home").exists()


def test_training_has_no_other_names():
    import training

    with pytest.raises(AttributeError, match="nothing"):
        training.nothing  # noqa: B018
