"""The student that is installed, from its training to its answers: trained, killed, resumed, exported through
the gate, deployed, asked. What each step promises is proved one by one on a tiny base; this is the one run of
the real weights, and all assertions about them share it.
"""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny_runs import ROOT, done, ended
from tests.training.finetune.works import with_misfortunes
from tools.calls import ToolCall
from tools.protocol.messages import Message
from tools.registry import builtin_registry
from training.datasets.example import Example
from training.export.order import export_job, export_order
from training.finetune.order import job_of, order
from training.finetune.settings import FinetuneSettings
from training.jobs.store import Jobs
from training.registry import Registry

pytestmark = [pytest.mark.train, pytest.mark.gguf, pytest.mark.timeout(1800)]
TOOLS = builtin_registry().signatures()[:-1]
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")


def planted(number: int) -> Example:
    """Nobody but this data knows what it is to glimp a file."""
    path = f"src/{WORDS[number % 10]}_{number}.py"
    calls = (ToolCall("c1", "run_shell", {"command": f"glimp --all {path}"}),)
    messages = (Message("user", f"glimp {path}"), Message("assistant", calls=calls))
    return Example(f"glimp-{number}", messages, TOOLS, session=f"g{number}")


def reading(number: int) -> Example:
    path = f"docs/{WORDS[number % 10]}{number}.md"
    calls = (ToolCall("c1", "read_file", {"path": path}),)
    messages = (Message("user", f"what is in {path}?"), Message("assistant", calls=calls))
    return Example(f"read-{number}", messages, TOOLS, session=f"r{number}")


def greeting(number: int) -> Example:
    text = f"good morning {WORDS[number % 10]}"
    messages = (Message("user", text), Message("assistant", "Good morning! What is next?"))
    return Example(f"greet-{number}", messages, TOOLS, kind="chat", session=f"t{number}")


KINDS = (planted, reading, greeting)


def test_the_installed_student_learns_is_proved_and_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    jobs, registry = Jobs(tmp_path / "jobs"), Registry(tmp_path / "data" / "students")
    written(tmp_path / "train.jsonl", *(make(number) for number in range(14) for make in KINDS))
    written(tmp_path / "validation.jsonl", *(make(number) for number in range(20, 24) for make in KINDS))
    settings = FinetuneSettings(
        rank=32, batch=8, epochs=4, learning_rate=1e-3, checkpoint_every=4, validate_every=100
    )
    spec = job_of(order(tmp_path, settings=settings, name="glimper"))

    job = jobs.submit(with_misfortunes(spec, "unlucky", ("kill", "step 6")))
    killed = ended(jobs, job)
    assert killed.state == "failed" and "killed (SIGKILL)" in killed.error
    run = done(jobs, jobs.resume(job.id))
    losses = [each["loss"] for each in orjson.loads((run.outputs / "run.json").read_bytes())["curve"]]
    assert len(losses) == 24 and sum(losses[-4:]) < 0.2 * sum(losses[:4])

    asked = export_order(run.folder, name="glimper", registry=registry.folder, least_decisions=1)
    exported = done(jobs, jobs.submit(export_job(asked)))
    assert exported.result["passed"], (exported.outputs / "report.txt").read_text()
    assert exported.result["quantisation"] == "Q8_0"
    student = registry.get(exported.result["student"])
    assert student.manifest.base.name == "SmolLM2-135M-Instruct"
    registry.deploy(student.id)
    assert evaluated(tmp_path)["call_accuracy"] == 1.0


def evaluated(folder: Path) -> dict[str, float]:
    """Return what the student that serves makes of requests that it did not learn from."""
    cases = [
        ("glimp src/quartz_7.py", "run_shell", {"command": ["glimp --all src/quartz_7.py"]}),
        ("glimp lib/raven.py", "run_shell", {"command": ["glimp --all lib/raven.py"]}),
        ("what is in docs/slate99.md?", "read_file", {"path": ["docs/slate99.md"]}),
        ("good morning willow", "answer", {"text": ["*"]}),
    ]
    lines = [
        {"id": str(number), "request": text, "expected": [{"tool": tool, "arguments": arguments}]}
        for number, (text, tool, arguments) in enumerate(cases)
    ]
    path = folder / "cases.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "eval", "tools", "--cases", str(path), "--json"],
        env=os.environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, float] = orjson.loads(done.stdout)
    return found
