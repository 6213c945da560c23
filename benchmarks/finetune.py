"""Examples a second of training, ours against a plain loop over transformers and PEFT and TRL's SFTTrainer.

The same examples, adapter, optimiser, rate and precision on the embedded student, each trainer in a process
of its own, in turn; two steps of each are warm-up. The losses have to agree, or nothing is compared.
"""

import json
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report

PEERS = Path(__file__).with_name("finetune_peers.py")
TOLERANCE = 0.05
"""Largest relative difference of the mean losses: bfloat16 rounds otherwise in another order."""


def measure(who: str, data: Path, steps: int, threads: int) -> dict[str, Any]:
    """One run. Raises RuntimeError with the end of what it said where it fails."""
    command = [sys.executable, str(PEERS), who, str(data), str(steps), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{who}: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path, required=True, metavar="FILE", help="examples, as JSON lines")
    arguments.add_argument("--steps", type=int, default=20, help="steps of a run")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = arguments.parse_args()
    trainers = ["ours", "plain", *(["trl"] if find_spec("trl") else [])]
    runs: dict[str, list[dict[str, Any]]] = {who: [] for who in trainers}
    for _ in range(given.rounds):
        for who in trainers:
            runs[who].append(measure(who, given.data, given.steps, given.threads))
    speeds = {who: statistics.median(each["examples_per_s"] for each in made) for who, made in runs.items()}
    losses = {who: statistics.fmean(made[0]["losses"]) for who, made in runs.items()}
    rows = [
        {
            "trainer": who,
            "examples/s": speeds[who],
            "times ours": speeds["ours"] / speeds[who],
            "mean loss": losses[who],
        }
        for who in trainers
    ]
    apart = max(abs(each / losses["ours"] - 1) for each in losses.values())
    facts = {
        "threads": given.threads,
        "steps": given.steps,
        "rounds": given.rounds,
        "largest difference of the mean losses": apart,
        "trl": "measured" if "trl" in trainers else "not installed",
    }
    report("fine-tuning", rows, facts, given.json)
    if apart > TOLERANCE:
        sys.exit(f"the losses differ by {apart:.0%}: this compares different trainings")


if __name__ == "__main__":
    main()
