"""Teachers: models and programs whose answers are training targets, what they cost, and what they said."""

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

__all__ = [
    "BudgetSpent",
    "GenerationMetrics",
    "ProviderConfig",
    "TeacherError",
    "TeacherProvider",
    "TeacherReply",
    "TeacherRequest",
    "Unanswered",
    "UnknownPrice",
]
