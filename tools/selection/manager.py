"""Tool selection and execution for callers of this package: rank, select, decide, execute, count.

Invariant: nothing is made up. Arguments come from ``decide`` and results from tools that ran; where either is
missing, the reply says so and holds no result. Calls that only read run side by side. Of the built-in tools
only those that read are run; a function that the caller registered is the caller's to run.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tools.base import Tool, ToolContext
from tools.calls import Risk, ToolCall, ToolResult
from tools.executor import Executor, batches
from tools.functions import function_tool
from tools.protocol.signatures import compress
from tools.registry import Registry, builtin_registry
from tools.selection.model import shipped_model
from tools.selection.offer import Offers
from tools.selection.ranker import Ranked, Ranker
from tools.selection.resolving import Available, Candidate, resolve
from tools.selection.tally import Tally
from tools.selection.task import Decide, ToolSelectionContext
from tools.selection.tokens import schema_tokens, signature_tokens

_NO_DECIDE = "nothing was executed: nobody chooses the arguments; set `manager.decide`"
_NO_TOOL = "nothing was executed: no selected tool has a function; register one: manager.register(function)"
_NO_CALL = "nothing was executed: no tool was chosen for this task"


class OptimizationManager:
    """Selects tools for tasks and runs what ``decide`` chooses of them.

    ``context`` is where built-in tools work: by default the current folder, without a sandbox.
    """

    def __init__(
        self,
        *,
        ranker: Ranker | None = None,
        decide: Decide | None = None,
        context: ToolContext | None = None,
    ) -> None:
        self.decide = decide
        self._offers = Offers(ranker or Ranker(shipped_model()))
        self._context = context or ToolContext(Path.cwd())
        self._registry = builtin_registry()
        self._builtin = frozenset(self._registry.names())
        self._tally = Tally()

    def register(self, tool: Tool | Callable[..., Any], **options: Any) -> Tool:
        """Make a tool known by its name, so that it can be selected and run.

        A function becomes a tool as ``function_tool`` makes it, with its ``options``. Raises ValueError where
        the name is taken, and TypeError where an argument has no type.
        """
        made = tool if isinstance(tool, Tool) else function_tool(tool, **options)
        self._registry.add(made)
        return made

    async def optimize_and_execute(
        self, *, context: ToolSelectionContext, available_tools: Sequence[Available]
    ) -> dict[str, Any]:
        """Select, let ``decide`` choose, execute. Raises ValueError or TypeError for tools it cannot read.

        ``success`` is None where nothing was executed; then ``note`` says why. ``tokens_saved`` is what the
        selected tools' signatures take less than the JSON Schemas of all that were available.
        """
        started = time.perf_counter()
        candidates = resolve(available_tools, self._registry)
        ranked, names = self._selected(context, candidates)
        selected = [one for one in candidates if one.signature.name in names]
        schemas = schema_tokens([one.signature for one in candidates])
        shown = signature_tokens([one.signature for one in selected])
        self._tally.selected(len(candidates), len(selected), schemas - shown)
        calls, note = await self._decided(context.task_description, selected)
        results = await self._executed(calls, selected)
        return {
            "success": all(result.success for _, result in results) if results else None,
            "selected_tools": list(names),
            "signatures": [compress(one.signature) for one in selected],
            "ranking": [one._asdict() for one in ranked],
            "calls": [{"tool": call.tool, "arguments": call.arguments} for call in calls],
            "results": [_reported(call, result) for call, result in results],
            "note": "" if results else note,
            "tokens_saved": schemas - shown,
            "tokens": {"schemas": schemas, "signatures": shown},
            "execution_time_ms": (time.perf_counter() - started) * 1000,
            "statistics": self.statistics(),
        }

    def statistics(self) -> dict[str, Any]:
        """Of all tasks so far."""
        return self._tally.summary()

    def _selected(
        self, context: ToolSelectionContext, candidates: Sequence[Candidate]
    ) -> tuple[tuple[Ranked, ...], tuple[str, ...]]:
        signatures = [one.signature for one in candidates]
        worth = self._quickness if context.prefer_fast else _alike
        return self._offers.best(context.task_description, signatures, context.max_tools, worth)

    def _quickness(self, tool: str) -> float:
        """1 for a tool that takes no time, a half for one that takes a second; 1 where that is not known."""
        return 1 / (1 + (self._tally.typical_ms(tool) or 0.0) / 1000)

    async def _decided(self, task: str, selected: Sequence[Candidate]) -> tuple[list[ToolCall], str]:
        """The calls to make, and why there is none."""
        described = [one.signature for one in selected if one.described]
        if not described:
            return [], _NO_TOOL
        if self.decide is None:
            return [], _NO_DECIDE
        calls = list(await self.decide(task, described))
        if not calls:
            return [], _NO_CALL
        runnable = {one.signature.name for one in selected if one.tool}
        return calls, "" if any(call.tool in runnable for call in calls) else _NO_TOOL

    async def _executed(
        self, calls: Sequence[ToolCall], selected: Sequence[Candidate]
    ) -> list[tuple[ToolCall, ToolResult]]:
        """What ran. A call of a tool without a function is the caller's to make."""
        only_described = {one.signature.name for one in selected if not one.tool}
        executor = Executor(Registry(one.tool for one in selected if one.tool), self._context)
        done: list[tuple[ToolCall, ToolResult]] = []
        for batch in batches([call for call in calls if call.tool not in only_described], executor.registry):
            if refused := self._refused(batch[0], executor.registry):
                done.append((batch[0], refused))
                continue
            results = await executor.run_parallel(batch)
            done += zip(batch, results, strict=True)
        for call, result in done:
            self._tally.called(call.tool, result)
        return done

    def _refused(self, call: ToolCall, registry: Registry) -> ToolResult | None:
        tool = registry.get(call.tool)
        if tool is None or tool.risk in (Risk.NONE, Risk.READ) or tool.name not in self._builtin:
            return None
        text = (
            f"not run: the built-in tool {tool.name} does more than read; the assistant asks before it does"
        )
        return ToolResult(success=False, text=text)


def _alike(_tool: str) -> float:
    return 1.0


def _reported(call: ToolCall, result: ToolResult) -> Mapping[str, Any]:
    return {
        "tool": call.tool,
        "arguments": call.arguments,
        "success": result.success,
        "result": result.text,
        "data": result.data,
        "execution_time_ms": result.execution_time_ms,
    }


@lru_cache(maxsize=1)
def get_optimization_manager() -> OptimizationManager:
    """The manager of this process: the same one every time."""
    return OptimizationManager()
