"""Makes the ranker that ships with the program, from the seed requests alone: ``python -m training.ranker``.

To be run after a change to the seed, to the features or to a built-in tool's description.
"""

from importlib import resources
from pathlib import Path

from tools.registry import builtin_registry
from tools.selection.model import save_model
from training.ranker.fit import fit
from training.ranker.seed import seed_examples


def main() -> None:
    """Write ``tools/selection/ranker.json`` into the package."""
    examples = seed_examples()
    model = fit(examples, builtin_registry().signatures(), {"made_from": "seed", "requests": len(examples)})
    save_model(model, Path(str(resources.files("tools.selection"))) / "ranker.json")


if __name__ == "__main__":
    main()
