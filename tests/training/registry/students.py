"""Students for tests: a few bytes instead of weights."""

import hashlib
from pathlib import Path
from typing import Any

from training.registry import Base, Lineage, Parts

BASE = Base(model="embedded", sha256="b" * 64, name="SmolLM2-135M-Instruct", license="Apache-2.0")
PROMPT = 'instructions = "Call one tool, or answer."\ndescribe = false\n'


def parts(folder: Path, name: str, /, **changed: Any) -> Parts:
    """What the student ``name`` is made of; its adapter holds its name."""
    folder.mkdir(parents=True, exist_ok=True)
    prompt, adapter, card = folder / "prompt.toml", folder / f"{name}.gguf", folder / f"{name}.md"
    prompt.write_text(PROMPT)
    adapter.write_bytes(b"GGUF" + name.encode() * 100)
    card.write_text(f"# {name}\n")
    given: dict[str, Any] = {
        "name": name,
        "base": BASE,
        "prompt": prompt,
        "adapter": adapter,
        "beside": {"card.md": card},
        "lineage": Lineage(dataset_id="d1", run_id=f"run-{name}", commit="c" * 40, seed=7),
        "metrics": {"score": 0.9},
        "gate": "passed",
    }
    return Parts(**{**given, **changed})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
