"""Curating many decisions: time, memory, and what is found of the duplicates that were planted.

Our SemDeDup and the whole pipeline against semhash on the same texts, each in a process of its own, in turn.
semhash gets a static model distilled from MiniLM in this run (needs the extras ``train`` and ``minilm``, and
``pip install semhash model2vec``); without it only ours is measured. Each engine is judged at the thresholds
named, because their cosines do not mean the same.
"""

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report

sys.path.insert(0, str(ROOT))

from training.curation.sentences import Sentences


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--sizes", default="10000,100000", help="how many decisions, with commas")
    arguments.add_argument("--engines", default="dedup,pipeline,semhash")
    arguments.add_argument("--embedder", default="static", help="ours: static, letters, minilm or a model")
    arguments.add_argument("--ours", default="0.92,0.95", help="thresholds of ours, with commas")
    arguments.add_argument("--semhash", default="0.85,0.9,0.95", help="thresholds of semhash, with commas")
    given = arguments.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        for size in map(int, given.sizes.split(",")):
            for engine in given.engines.split(","):
                peer = engine == "semhash"
                if peer and not (find_spec("semhash") and find_spec("model2vec")):
                    continue
                model = _distilled(Path(folder) / "static") if peer else given.embedder
                for threshold in (given.semhash if peer else given.ours).split(","):
                    rows.append(_measured(engine, size, threshold, model))
    report("curation", [_row(one) for one in rows], {"runs": rows}, given.json)


def _measured(engine: str, size: int, threshold: str, model: str) -> dict[str, Any]:
    script = Path(__file__).with_name("curation_engines.py")
    command = [sys.executable, str(script), engine, str(size), threshold, model]
    done = subprocess.run(command, capture_output=True, text=True, cwd=script.parent)
    if done.returncode:
        raise SystemExit(f"{engine} over {size} decisions failed: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{engine} {size} at {threshold}: {figures['seconds']:.1f} s", file=sys.stderr)
    return {"engine": engine, "decisions": size, "threshold": float(threshold), **figures}


def _row(figures: dict[str, Any]) -> dict[str, Any]:
    size = figures["decisions"]
    return {
        "engine": figures["engine"],
        "decisions": size,
        "threshold": figures["threshold"],
        "seconds": figures["seconds"],
        "microseconds each": 1e6 * figures["seconds"] / size,
        "peak MB": figures["peak_mb"],
        "recall %": 100 * figures["recall"] if figures["engine"] != "pipeline" else "-",
        "precision %": 100 * figures["precision"],
    }


def _distilled(folder: Path) -> str:
    """A static model as model2vec distils it from MiniLM, made once in this run: what MiniLM says of each
    token alone, reduced to its 256 main components, common tokens weighted down by their rank."""
    if not folder.exists():
        import numpy as np
        from model2vec import StaticModel
        from sentence_transformers import SentenceTransformer

        model: Any = SentenceTransformer(str(Sentences.minilm_path()), device="cpu")
        tokens = sorted(model.tokenizer.get_vocab().items(), key=lambda one: one[1])
        said = model.encode([token.removeprefix("##") for token, _ in tokens], batch_size=256)
        centred = said - said.mean(axis=0)
        _, _, components = np.linalg.svd(centred, full_matrices=False)
        ranks = np.arange(2, len(tokens) + 2)
        vectors = (centred @ components[:256].T) * np.log(ranks)[:, None]
        StaticModel(vectors.astype(np.float32), model.tokenizer.backend_tokenizer).save_pretrained(folder)
    return str(folder)


if __name__ == "__main__":
    main()
