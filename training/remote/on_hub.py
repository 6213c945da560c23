"""What a run on Hugging Face does there. This file is sent as ``run.py`` beside the data and runs alone.

Invariant: it trains by the very program that trains here, so that what it gives is what a run here would
give; its outputs are pushed to the repository that was made for them, and the token is read from the
environment alone.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

DATA = Path("/data")
WORK = Path("/tmp/apprentice")


def main(data: Path = DATA, work: Path = WORK) -> None:
    """Raises CalledProcessError where a step fails, which fails the run."""
    asked: dict[str, Any] = json.loads((data / "order.json").read_text("utf-8"))
    run("pip", "install", "-q", asked["package"])
    os.environ["APPRENTICE_DATA_DIR"] = str(work)
    if asked["base"] != "embedded":
        run("assistant", "models", "pull", asked["base"])
    options = [f"--set={name}={value}" for name, value in sorted(asked["settings"].items())]
    named = ("--data", str(data), "--base", asked["base"], "--name", asked["name"])
    run("assistant", "train", "run", *named, "--prompt", str(data / "prompt.toml"), "--yes", *options)
    push(outputs(work), asked["repo"])


def run(*command: str) -> None:
    """A module of Python."""
    subprocess.run([sys.executable, "-m", *command], check=True)


def outputs(work: Path) -> Path:
    """Of the only run."""
    found = sorted((work / "jobs").glob("*-finetune-*/outputs"))
    if len(found) != 1:
        raise SystemExit(f"{len(found)} runs below {work}, and not one")
    return found[0]


def push(folder: Path, repo: str) -> None:
    """As one commit."""
    from huggingface_hub import HfApi

    HfApi().upload_folder(repo_id=repo, folder_path=folder, commit_message="What the run gave")


if __name__ == "__main__":
    main()
