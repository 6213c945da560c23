"""How the student learns: the event log, the student's runtime, and everything built over them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.curation.car import CaR
    from training.curation.semdedup import SemDeDup
    from training.events.logger import AgentDecisionLogger, DecisionLoggerMixin

__all__ = ["AgentDecisionLogger", "CaR", "DecisionLoggerMixin", "SemDeDup"]

_WHERE = {
    "AgentDecisionLogger": "training.events.logger",
    "CaR": "training.curation.car",
    "DecisionLoggerMixin": "training.events.logger",
    "SemDeDup": "training.curation.semdedup",
}


def __getattr__(name: str) -> Any:
    """What other programs use of this package, loaded when it is first named."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
