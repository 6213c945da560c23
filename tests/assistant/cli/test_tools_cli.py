"""``apprentice tools stats``, ``rank`` and ``fit``."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from sandbox.packages import install_extra
from training.events import open_log
from training.events.decisions import DecisionRecorder, review

OFFERED = [{"name": "read_file"}, {"name": "run_shell"}, {"name": "answer"}]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(request: str, tool: str = "read_file", corrected: str = "", session: str = "s") -> None:
    log = open_log(sync="none")
    selection = {
        "way": "shortlist",
        "tools_tokens": 114,
        "schemas_tokens": 1114,
        "ranked": ["run_shell", tool],
    }
    context = {"request": request, "selection": selection, "usage": {"prompt_tokens": 300}}
    recorder = DecisionRecorder(log, session)
    made = recorder.selected(context=context, tools_available=OFFERED, tool_selected=tool)
    recorder.completed(made, success=True, result="some text", execution_time_ms=12.5)
    if corrected:
        review(log, made.event_id, verdict="corrected", corrected_tool=corrected)
    log.close()


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["tools", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_stats_without_a_log(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    assert main(["tools", "stats"]) == 0
    assert capsys.readouterr().out == "no decisions yet\n"
    assert printed(capsys, "stats")["decisions"] == 0
    assert not (folders / "data" / "events").exists()


def test_stats_are_a_table_and_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    record("read it", corrected="read_file")
    record("read it again", corrected="read_file", session="t")
    assert main(["tools", "stats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["TOOL", "DECIDED", "CALLS", "SUCCESS", "P50", "P95", "RESULT"]
    assert lines[1].split() == ["read_file", "2", "2", "100%", "12", "ms", "12", "ms", "2", "tokens"]
    assert "offered: shortlist 2; 3.0 tools each; 0 widened" in lines
    assert "ranker: the right tool first 0%, among three 100% of 2" in lines
    assert "tokens saved: about 2,000: 1,000 a prompt" in lines
    assert printed(capsys, "stats", "--session", "t")["decisions"] == 1


def test_a_tools_name_cannot_act_upon_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    record("x", tool="\x1b[2J\nevil")
    assert main(["tools", "stats"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\nevil" not in out


def test_rank_shows_the_likeliest_first(capsys: pytest.CaptureFixture[str]) -> None:
    first = printed(capsys, "rank", "what changed in app.py")[0]
    assert (first["tool"], first["learned"], first["named"]) == ("git_diff", True, False)
    assert main(["tools", "rank", "read_file a.py"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[::2] == ["read_file", "evidence,"]


def test_rank_says_where_the_persons_own_ranker_is_spoilt(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    (folders / "data").mkdir()
    (folders / "data" / "ranker.json").write_text("[]", encoding="utf-8")
    assert main(["tools", "rank", "read a.py"]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith("note: ") and "ranker.json" in shown.err and "read_file" in shown.out


def test_fit_without_scikit_learn_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    record("read it")
    assert main(["tools", "fit"]) == 1
    assert install_extra("train") in capsys.readouterr().err


@pytest.mark.slow
def test_fit_learns_what_was_corrected(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    for name in ("alpha", "beta", "gamma"):
        record(f"give {name} a spin", corrected="run_shell", session=name)
    before = printed(capsys, "rank", "give delta a spin")
    facts = printed(capsys, "fit")
    assert (facts["from_log"], facts["adopted"], facts["held_out"]) == (3, True, 0)
    assert Path(facts["path"]) == folders / "data" / "ranker.json"
    after = printed(capsys, "rank", "give delta a spin")
    assert before[0]["tool"] != "run_shell" and after[0]["tool"] == "run_shell"


@pytest.mark.slow
def test_fit_without_decisions_changes_nothing(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    assert main(["tools", "fit"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert not (folders / "data" / "ranker.json").exists()
