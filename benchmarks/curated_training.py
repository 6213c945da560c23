"""What curation is for: a student trained on a curated tenth against one trained on all decisions.

A log of decisions is made of what the scripted teacher generates, each asked once or several times. Four
students learn from it, in as many steps: from all of it, without duplicates, from a tenth that CaR chose of
those, and from a random tenth. Each is then judged on requests that were written to judge. Half an hour on
two cores; what is done already in ``--folder`` is not done again.

    python benchmarks/curated_training.py --folder F [--decisions 1600] [--examples 1600]
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from tools.protocol.calls import ANSWER
from tools.protocol.messages import signature_to_dict
from training import CaR, SemDeDup
from training.curation.drift import Renames
from training.curation.examples import example_of
from training.curation.lessons import lesson_of
from training.datasets.example import Example, read, to_line
from training.events import open_log
from training.events.decisions import DecisionRecorder, history

Row = dict[str, Any]
PARTS = {"CALL": 0.2, "EVERYDAY": 0.6, "LANGUAGE": 0.05, "TALK": 0.1, "ASK": 0.05}
OTHER_PARTS = ("SEVERAL", "TASK", "FOLLOW_UP", "ABSENT", "FOREIGN", "WHOLE")
AGAIN = 0.5
"""Chance that a request is asked once more, and then once more."""
PER_CLUSTER = 4
CASES = ROOT / "benchmarks" / "requests"


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--folder", type=Path, required=True, help="where all of it is kept")
    arguments.add_argument("--decisions", type=int, default=1600, help="in the log")
    arguments.add_argument(
        "--examples", type=int, default=1600, help="shown to each student, repeats counted"
    )
    given = arguments.parse_args()
    folder: Path = given.folder.absolute()
    (folder / "home").mkdir(parents=True, exist_ok=True)
    rows = decisions(folder, given.decisions)
    found = []
    for name, chosen in asyncio.run(selections(rows)).items():
        data = folder / name
        data.mkdir(exist_ok=True)
        (data / "train.jsonl").write_bytes(b"".join(to_line(_example(row)) for row in chosen))
        adapter = trained(folder, name, given.examples / len(chosen))
        found.append({"learned from": name, "examples": len(chosen), **judged(folder, name, adapter)})
    report("students of one log", found, {"shown to each": given.examples}, given.json)


def decisions(folder: Path, count: int) -> list[Row]:
    """The log, read back; made where it is not there."""
    path = folder / "events"
    if not path.exists():
        dice, made = random.Random(0), generated(folder, round(count * AGAIN))
        asked = [example for example in made for _ in range(1 + _repeats(dice))]
        dice.shuffle(asked)
        log = open_log(path)
        for number, example in enumerate(asked[:count]):
            _decide(DecisionRecorder(log, f"session {number // 20}"), example)
        log.close()
    log = open_log(path, create=False)
    rows = [dict(row) for row in history(log)]
    log.close()
    return rows


def generated(folder: Path, count: int) -> list[Example]:
    parts = {f"APPRENTICE_GENERATION__PARTS__{name}": str(share) for name, share in PARTS.items()}
    parts |= {f"APPRENTICE_GENERATION__PARTS__{name}": "0" for name in OTHER_PARTS}
    sets = [str(CASES / f"{name}.jsonl") for name in ("plain", "hard", "restraint")]
    made = folder / "made"
    options = ["--provider", "scripted", "--num-examples", str(count), "--output-dir", str(made), "--yes"]
    more = {**parts, "APPRENTICE_GENERATION__EVALUATION_SETS": json.dumps(sets)}
    apprentice(folder, "teach", "generate", *options, **more)
    return list(read(made / "train.jsonl"))


async def selections(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    """What each student learns from."""
    single, _ = await SemDeDup(similarity_threshold=0.95).deduplicate(rows)
    clusters = len(rows) // 10 // PER_CLUSTER
    best, _ = await CaR(n_clusters=clusters, examples_per_cluster=PER_CLUSTER).select_representatives(single)
    return {
        "all": rows,
        "without duplicates": single,
        "a tenth by CaR": best,
        "a random tenth": random.Random(1).sample(list(rows), len(best)),
    }


def trained(folder: Path, name: str, epochs: float) -> Path:
    """The adapter of a student of the base."""
    kept = folder / name / "run.json"
    if not kept.exists():
        settings = ("keep=last", "validation_share=0", "validate_every=100000", "checkpoint_every=50")
        options = [word for setting in settings for word in ("--set", setting)]
        data = ["--data", str(folder / name), "--name", name, "--epochs", f"{epochs:.4f}", "--seed", "1"]
        said = apprentice(folder, "train", "run", *data, *options, "--yes", "--json")
        kept.write_text(said, "utf-8")
    return Path(json.loads(kept.read_text("utf-8"))["outputs"])


def judged(folder: Path, name: str, run: Path) -> dict[str, float]:
    """Shares in percent, all tools being offered."""
    student = {
        "APPRENTICE_STUDENT__ADAPTER": str(run / "adapter.gguf"),
        "APPRENTICE_STUDENT__PROMPT": str(run / "prompt.toml"),
    }
    found: dict[str, float] = {}
    for cases in ("plain", "restraint"):
        kept = folder / name / f"{cases}.json"
        if not kept.exists():
            options = ["--cases", str(CASES / f"{cases}.jsonl"), "--selection", "all", "--fresh", "--json"]
            kept.write_text(apprentice(folder, "eval", "tools", *options, **student), "utf-8")
        figures = json.loads(kept.read_text("utf-8"))
        if cases == "plain":
            found |= {
                "right tool": 100 * figures["tool_accuracy"],
                "right call": 100 * figures["call_accuracy"],
            }
        else:
            found["restraint"] = 100 * figures["tool_accuracy"]
    return found


def apprentice(folder: Path, *words: str, **more: str) -> str:
    """What it prints; with a home of its own."""
    own = {"HOME": str(folder / "home"), **{f"XDG_{one}_HOME": str(folder / "home" / one) for one in _XDG}}
    command = [sys.executable, "-m", "assistant", *words]
    done = subprocess.run(
        command, env={**os.environ, **own, **more}, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(f"apprentice {' '.join(words[:2])} ended with {done.returncode}")
    return done.stdout


_XDG = ("DATA", "CONFIG", "CACHE", "STATE")


def _repeats(dice: random.Random) -> int:
    return 0 if dice.random() >= AGAIN else 1 + _repeats(dice)


def _decide(recorder: DecisionRecorder, example: Example) -> None:
    """The first decision of a conversation, as it would have been logged."""
    asked, turn = example.messages[0], example.messages[1]
    call = turn.calls[0] if turn.calls else None
    event = recorder.selected(
        context={"request": asked.text},
        tools_available=[signature_to_dict(tool) for tool in example.tools],
        tool_selected=call.tool if call else ANSWER,
        tool_parameters=call.arguments if call else {"text": turn.text},
        confidence=0.9,
    )
    recorder.completed(event, success=True, result="ok", execution_time_ms=1)


def _example(row: Row) -> Example:
    lesson = lesson_of(row)
    if lesson is None:
        raise ValueError(f"nothing is right in {row['event_id']}")
    return example_of(row, lesson, Renames())


if __name__ == "__main__":
    main()
