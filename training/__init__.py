"""How the student learns: the event log, the student's runtime, and everything built over them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.events.logger import AgentDecisionLogger, DecisionLoggerMixin

__all__ = ["AgentDecisionLogger", "DecisionLoggerMixin"]


def __getattr__(name: str) -> Any:
    """The logger for other agents, loaded when it is first named."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from training.events import logger

    return getattr(logger, name)
