"""The notebook is executed, cell by cell, with its installs (and where said the program) replaced."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.packages import Origin
from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import call
from training.finetune import package
from training.finetune.notebook import notebook
from training.finetune.order import Order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError
from training.student.prompt import shipped_text

RECORDER = """\
import json, os, sys
with open(os.environ["RECORD"], "a") as file:
    file.write(json.dumps([__spec__.parent, *sys.argv[1:]]) + "\\n")
if "list" in sys.argv:
    print(os.environ.get("JOBS", "[]"))
"""


URL = "https://example.org/apprentice-1.2.3-py3-none-any.whl"
GIT = "git+https://example.org/apprentice.git"


def asked(tmp_path: Path, base: str = "embedded") -> Order:
    return Order(
        name="mine",
        training=tmp_path / "train.jsonl",
        base=base,
        base_path=tmp_path / "base.gguf",
        prompt=shipped_text("tuned"),
        settings=FinetuneSettings(epochs=3, method="qlora"),
    )


def executed(tmp_path: Path, made: dict, *stubs: str, **environment: str) -> list[list[str]]:
    """What the stubs were called with."""
    stubbed = tmp_path / "stubs"
    for name in stubs:
        (stubbed / name).mkdir(parents=True, exist_ok=True)
        (stubbed / name / "__init__.py").touch()
        (stubbed / name / "__main__.py").write_text(RECORDER)
    (stubbed / "google" / "colab").mkdir(parents=True, exist_ok=True)
    (stubbed / "google" / "colab" / "drive.py").write_text("def mount(path): pass\n")
    (stubbed / "google" / "colab" / "__init__.py").touch()
    code = "\n".join("".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "code")
    record = tmp_path / "record.jsonl"
    record.write_text("")
    done = subprocess.run(
        [sys.executable, "-c", code.replace("/content/drive", str(tmp_path / "drive"))],
        env={"PYTHONPATH": str(stubbed), "RECORD": str(record), "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in record.read_text().splitlines()]


@pytest.mark.slow
def test_all_cells_run_and_train_what_was_ordered(tmp_path):
    wheel = "dist/apprentice-1.2.3-py3-none-any.whl"
    install, listed, run, export = executed(tmp_path, notebook(asked(tmp_path), wheel), "pip", "assistant")
    on_drive = f"{tmp_path}/drive/MyDrive/apprentice/apprentice-1.2.3-py3-none-any.whl[train]"
    assert install == ["pip", "install", "-q", on_drive, "bitsandbytes"]
    assert listed[1:3] == ["jobs", "list"]
    folder = str(tmp_path / "drive" / "MyDrive" / "apprentice")
    assert run[1:7] == ["train", "run", "--data", f"{folder}/data", "--base", "embedded"]
    assert run[-2:] == ["--set=epochs=3.0", "--set=method=qlora"]
    assert Path(folder, "prompt.toml").read_text() == shipped_text("tuned")
    assert export[1:] == ["train", "export", "last"]


@pytest.mark.slow
def test_a_runtime_that_was_taken_away_goes_on_where_it_was(tmp_path):
    jobs = json.dumps([{"id": "7", "state": "interrupted", "spec": {"kind": "finetune"}}])
    calls = executed(tmp_path, notebook(asked(tmp_path), URL), "pip", "assistant", JOBS=jobs)
    assert [call[1:] for call in calls[2:4]] == [["jobs", "resume", "7"], ["jobs", "watch", "7"]]
    assert not [call for call in calls if call[1:3] == ["train", "run"]]


def test_a_base_that_is_only_here_is_refused_and_one_of_the_catalogue_is_pulled(tmp_path):
    with pytest.raises(JobError, match=r"/mine\.gguf cannot be pulled there"):
        notebook(asked(tmp_path, "/mine.gguf"), URL)
    text = json.dumps(notebook(asked(tmp_path, "smollm2-360m"), URL))
    assert "run('assistant', 'models', 'pull', 'smollm2-360m')" in text


def test_it_is_a_notebook_and_holds_none_of_the_data(tmp_path):
    written(tmp_path / "train.jsonl", call(1))
    made = notebook(asked(tmp_path), URL)
    assert (made["nbformat"], made["metadata"]["accelerator"]) == (4, "GPU")
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            compile("".join(cell["source"]), cell["id"], "exec")
    assert "src/" not in json.dumps(made)


@pytest.mark.parametrize(
    ("given", "installed"),
    [
        (URL, f"apprentice[train] @ {URL}"),
        (f"{GIT}@abc1234", f"apprentice[train] @ {GIT}@abc1234"),
        ("0123abc", f"apprentice[train] @ {GIT}@0123abc"),
        ("", f"apprentice[train] @ {GIT}@fedcba9"),
    ],
)
def test_it_installs_what_was_named_or_the_commit_that_is_here(tmp_path, monkeypatch, given, installed):
    monkeypatch.setattr(package, "origin", lambda: Origin(url=f"{GIT}@fedcba9"))
    cells = notebook(asked(tmp_path), given)["cells"]
    assert f"'pip', 'install', '-q', {installed!r}" in "".join(cells[2]["source"])


def test_the_bare_name_is_used_only_where_it_came_from_an_index(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "origin", lambda: Origin(release="1.2.3"))
    assert "'apprentice[train]==1.2.3'" in json.dumps(notebook(asked(tmp_path)))
    monkeypatch.setattr(package, "origin", lambda: Origin(folder=tmp_path, editable=True))
    for given in ("", "apprentice", "1.2.3", "0123abc"):
        with pytest.raises(JobError, match=r"--package: .*give a wheel .*, the URL of one, or a commit"):
            notebook(asked(tmp_path), given)
