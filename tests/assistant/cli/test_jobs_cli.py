"""``apprentice jobs``: what a person reads of long work, and what it can be told."""

import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from assistant import paths
from assistant.cli.main import main
from assistant.job_text import duration
from training.jobs import heartbeat, identity
from training.jobs.base import JobSpec
from training.jobs.layout import CANCEL, JOURNAL, write_spec

Made = Callable[..., Path]


@pytest.fixture
def made() -> Made:
    """Makes a job's folder; ``alive`` says that this very process supervises it."""

    def make(number: int, *lines: dict[str, object], title: str = "a student", alive: bool = False) -> Path:
        folder = paths.jobs_dir() / f"2030010{number}-000000-finetune-000{number}"
        folder.mkdir(parents=True)
        write_spec(folder, JobSpec("finetune", title, "module:function", {"epochs": 3}))
        at = {"at": "2030-01-01T00:00:00+00:00"}
        (folder / JOURNAL).write_bytes(b"".join(orjson.dumps({**at, **line}) + b"\n" for line in lines))
        if alive:
            heartbeat.beat(folder, identity.own())
        return folder

    return make


def test_no_jobs_is_said_on_stderr_and_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list"]) == 0
    assert capsys.readouterr() == ("", "no jobs yet\n")
    assert main(["jobs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_list_tells_how_each_job_stands(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made(1, {"what": "started"}, {"what": "failed", "error": "no room on the disk"})
    made(2, {"what": "started"}, {"what": "progress", "done": 30, "total": 60, "unit": "steps"}, alive=True)
    assert main(["jobs", "list"]) == 0
    newest, oldest = capsys.readouterr().out.splitlines()
    assert newest.split()[:4] == ["20300102-000000-finetune-0002", "running", "a", "student"]
    assert newest.endswith("██████████░░░░░░░░░░   50%  30 of 60 steps")
    assert oldest.split()[1] == "failed"
    assert oldest.endswith("no room on the disk")


def test_a_job_as_json_is_whole(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(
        1, {"what": "started"}, {"what": "metric", "loss": 0.25}, {"what": "done", "result": {"n": 1}}
    )
    assert main(["jobs", "show", "last", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["metrics"], shown["result"]) == ("done", {"loss": 0.25}, {"n": 1})
    assert (shown["spec"]["kind"], shown["folder"]) == ("finetune", str(folder))


def test_a_title_cannot_control_the_terminal(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(1, {"what": "started"}, {"what": "failed", "error": "\x1b[2J"}, title="\x1b]0;x\x07 hello")
    (folder / "log.txt").write_bytes(b"\x1b[2J the end")
    for command in (["list"], ["show", "last"], ["show", "last", "--log"]):
        assert main(["jobs", *command]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "hello" in out or "the end" in out


def test_a_job_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("show", "cancel", "resume", "watch"):
        assert main(["jobs", command, "nothing"]) == 1
        assert (
            capsys.readouterr().err
            == "apprentice: there is no job nothing; apprentice jobs list shows them\n"
        )
    assert main(["jobs", "show", "../../etc"]) == 1


def test_cancel_leaves_word_for_the_job(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(1, {"what": "started"}, alive=True)
    assert main(["jobs", "cancel", "last"]) == 0
    assert capsys.readouterr().out == f"{folder.name} is asked to stop\n"
    assert (folder / CANCEL).exists()


def test_watching_a_job_that_ended_tells_its_end_by_the_exit_code(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    made(1, {"what": "started"}, {"what": "note", "text": "step \x1b[2J 1"}, {"what": "done"})
    assert main(["jobs", "watch"]) == 0
    out, err = capsys.readouterr()
    assert out.split()[1] == "done"
    assert err.startswith("step ")
    assert "\x1b" not in err
    made(2, {"what": "started"}, {"what": "failed", "error": "no"})
    assert main(["jobs", "watch", "--json"]) == 1
    assert [json.loads(line)["what"] for line in capsys.readouterr().out.splitlines()] == [
        "started",
        "failed",
    ]
    made(3, {"what": "started"}, {"what": "cancelled"})
    assert main(["jobs", "watch", "last"]) == 130


def test_a_job_is_deleted_when_the_person_says_yes(
    made: Made, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(1, {"what": "started"}, {"what": "done"})
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115 - nobody answers
    assert main(["jobs", "rm", "last"]) == 130
    assert folder.exists()
    assert main(["jobs", "rm", "last", "--yes"]) == 0
    assert not folder.exists()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (5399, "1 h 30 min"), (11_100, "3 h 05 min")],
)
def test_the_time_left_is_said_roughly(seconds: float, said: str) -> None:
    assert duration(seconds) == said
