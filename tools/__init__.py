"""What the student may call: tools, their schemas, the calling protocol, permissions, the executor.

Other programs select and run tools through the names below, which are imported when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.selection.manager import OptimizationManager, get_optimization_manager
    from tools.selection.task import Decide, ToolSelectionContext

__all__ = ["Decide", "OptimizationManager", "ToolSelectionContext", "get_optimization_manager"]

_HOMES = {
    "Decide": "tools.selection.task",
    "OptimizationManager": "tools.selection.manager",
    "ToolSelectionContext": "tools.selection.task",
    "get_optimization_manager": "tools.selection.manager",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
