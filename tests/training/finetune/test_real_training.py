"""The real embedded student, tuned for real: it learns what was planted, and says it at run time."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.training.finetune.test_job import ROOT, ended
from tests.training.finetune.test_preparation import written
from tools.calls import ToolCall
from tools.protocol.messages import Message
from tools.registry import builtin_registry
from training.datasets.example import Example
from training.finetune.order import job_of, order
from training.finetune.settings import FinetuneSettings
from training.jobs.store import Jobs

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


def test_the_embedded_student_learns_a_planted_behaviour_and_shows_it_at_run_time(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = [make(number) for number in range(14) for make in (planted, reading, greeting)]
    written(tmp_path / "train.jsonl", *made)
    settings = FinetuneSettings(rank=16, batch=8, epochs=4, learning_rate=1e-3, validation_share=0)
    jobs = Jobs(tmp_path / "jobs")
    job = ended(jobs, jobs.submit(job_of(order(tmp_path, settings=settings))), seconds=1500)
    assert job.state == "done", job.error
    losses = [each["loss"] for each in orjson.loads((job.outputs / "run.json").read_bytes())["curve"]]
    assert sum(losses[-4:]) < 0.2 * sum(losses[:4])
    assert evaluated(tmp_path, job.outputs)["call_accuracy"] == 1.0


def evaluated(folder: Path, outputs: Path) -> dict[str, float]:
    """By the runtime, on requests that were not learned from."""
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
        env={
            **os.environ,
            "APPRENTICE_STUDENT__ADAPTER": str(outputs / "adapter.gguf"),
            "APPRENTICE_STUDENT__PROMPT": str(outputs / "prompt.toml"),
        },
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, float] = orjson.loads(done.stdout)
    return found
