"""What is to be generated, as it was asked for.

Invariant: a plan is plain JSON, so that a job has it; it holds no key. Runs with the same ``identity`` make
the same examples, so that one goes on where another was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.settings import SandboxSettings
from training.generation.makers import Way
from training.generation.settings import GenerationSettings
from training.teachers.base import ProviderConfig

_PATIENCE = ("concurrency", "timeout_s", "attempts", "backoff_s", "longest_wait_s", "key_variable")
"""How a teacher is asked, which changes nothing in what it is asked."""

_PLAIN = ("examples", "folder", "seed", "soft", "from_log", "batch", "max_cost_usd", "prices")


@dataclass(frozen=True)
class Plan:
    """``mix`` has the providers with their shares in percent, ``teachers`` a configuration for each that is
    not ``scripted``. ``ways`` names those that label; the others multiply. ``from_log`` lets the seeds that
    were kept in the folder go first."""

    examples: int
    folder: str
    mix: Mapping[str, int]
    teachers: tuple[ProviderConfig, ...] = ()
    ways: Mapping[str, Way] = field(default_factory=dict)
    seed: int = 0
    soft: bool = False
    from_log: bool = False
    batch: bool = False
    max_cost_usd: float | None = None
    prices: str = ""
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)

    @property
    def output(self) -> Path:
        return Path(self.folder)

    def way(self, provider: str) -> Way:
        return self.ways.get(provider, "multiply")

    def identity(self) -> dict[str, Any]:
        """What must be the same where a run is resumed; how many, for how much and how fast need not be."""
        teachers = [asdict(one) for one in self.teachers]
        return {
            "mix": dict(self.mix),
            "teachers": [
                {name: value for name, value in one.items() if name not in _PATIENCE} for one in teachers
            ],
            "ways": {name: self.way(name) for name in self.mix if name != "scripted"},
            "seed": self.seed,
            "soft": self.soft,
            "from_log": self.from_log,
            "settings": self.settings.model_dump(mode="json"),
        }


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """JSON-ready."""
    return {
        **{name: getattr(plan, name) for name in _PLAIN},
        "mix": dict(plan.mix),
        "ways": dict(plan.ways),
        "teachers": [asdict(one) for one in plan.teachers],
        "settings": plan.settings.model_dump(mode="json"),
        "sandbox": plan.sandbox.model_dump(mode="json"),
    }


def plan_from_dict(data: Mapping[str, Any]) -> Plan:
    """The inverse of ``plan_to_dict``."""
    return Plan(
        **{
            **data,
            "teachers": tuple(ProviderConfig(**one) for one in data["teachers"]),
            "settings": GenerationSettings.model_validate(data["settings"]),
            "sandbox": SandboxSettings.model_validate(data["sandbox"]),
        }
    )
