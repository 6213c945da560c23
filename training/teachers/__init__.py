"""Teachers: models and programs whose answers are training targets, what they cost, and what they said.

The names are imported at their first use, because the settings, which every start reads, are in here too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.teachers.base import (
        BudgetSpent,
        GenerationMetrics,
        ProviderConfig,
        TeacherError,
        TeacherProvider,
        TeacherReply,
        TeacherRequest,
        Unanswered,
        UnknownPrice,
    )
    from training.teachers.create import create_provider
    from training.teachers.prices import price_list
    from training.teachers.run import TeacherRun

__all__ = [
    "BudgetSpent",
    "GenerationMetrics",
    "ProviderConfig",
    "TeacherError",
    "TeacherProvider",
    "TeacherReply",
    "TeacherRequest",
    "TeacherRun",
    "Unanswered",
    "UnknownPrice",
    "create_provider",
    "price_list",
]
_ELSEWHERE = {"TeacherRun": "run", "create_provider": "create", "price_list": "prices"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'base')}"), name)
