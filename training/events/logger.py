"""The log for other agents: one awaited call per decision, and rows back.

Invariant: ``log_decision`` returns after the decision is durable; the event loop is not held meanwhile.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from training.events import open_log
from training.events.base import Event, EventLog
from training.events.decisions import DecisionRecorder, history, rows
from training.events.figures import Period, statistics
from training.events.ids import uuid7
from training.events.views import LogView

Tools = Sequence[Mapping[str, Any] | str]
AsOf = str | datetime | int


class AgentDecisionLogger:
    """Records and reads decisions. ``url`` is that of ``open_log``; the log is opened at the first use.

    Decisions logged without a ``session_id`` belong to one session of this logger.
    """

    def __init__(self, url: str | Path | None = None) -> None:
        self._url = url
        self._opening = Lock()
        self._log: EventLog | None = None
        self._session_id = uuid7()

    async def log_decision(
        self,
        agent_id: str,
        context: Mapping[str, Any],
        tools_available: Tools,
        tool_selected: Mapping[str, Any] | str,
        reasoning: str = "",
        confidence: float | None = None,
        *,
        tool_parameters: Mapping[str, Any] | None = None,
        outcome: Mapping[str, Any] | None = None,
        review: Mapping[str, Any] | None = None,
        category: str = "",
        model: str = "",
        latency_ms: float | None = None,
        session_id: str | None = None,
        event_id: str | None = None,
        timestamp: str | None = None,
        teacher_model: str | None = None,
        teacher_tool: str | None = None,
        teacher_parameters: Mapping[str, Any] | None = None,
        teacher_confidence: float | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> Event:
        """Record one decision, with its outcome and review where they are known. Returns the selection.

        A tool is a dict with a ``name``, or its name. ``outcome``: ``{success, result, execution_time_ms}``.
        ``after`` is taken so that a row can be logged as it came, and not kept: it is read off the log.
        """
        teacher = {
            "teacher_model": teacher_model,
            "teacher_tool": teacher_tool,
            "teacher_parameters": teacher_parameters,
            "teacher_confidence": teacher_confidence,
        }
        selection = {
            "context": context,
            "tools_available": [
                {"name": tool} if isinstance(tool, str) else tool for tool in tools_available
            ],
            "tool_selected": _name(tool_selected),
            "tool_parameters": tool_parameters,
            "reasoning": reasoning,
            "confidence": confidence,
            "model": model,
            "latency_ms": latency_ms,
            "event_id": event_id,
            "timestamp": timestamp,
            "teacher": {name: value for name, value in teacher.items() if value is not None},
        }
        return await asyncio.to_thread(
            self._record, session_id or self._session_id, agent_id, category, selection, outcome, review
        )

    def get_history(
        self,
        *,
        limit: int | None = None,
        tool: str | None = None,
        session_id: str | None = None,
        agent_id: str | None = None,
        category: str | None = None,
        as_of: AsOf | None = None,
    ) -> list[dict[str, Any]]:
        """The newest ``limit`` decisions that match, oldest first: one dict per decision.

        ``as_of``: as the log stood at a time, or at the event of that sequence.
        """
        view = LogView(self._open(), until=as_of)
        return history(
            view, limit=limit, tool=tool, session_id=session_id, agent_id=agent_id, category=category
        )

    def get_statistics(
        self,
        *,
        by: Period | None = None,
        tool: str | None = None,
        session_id: str | None = None,
        agent_id: str | None = None,
        category: str | None = None,
        as_of: AsOf | None = None,
    ) -> dict[str, Any]:
        """Figures over the decisions that match, as ``apprentice decisions stats --json`` prints them.

        With ``by`` (``day`` or ``week``) also ``over_time``: how accuracy, success and the times moved, the
        oldest period first. ``as_of`` as in ``get_history``.
        """
        view = LogView(self._open(), until=as_of)
        found = rows(view, tool=tool, session_id=session_id, agent_id=agent_id, category=category)
        return statistics(found, by)

    def close(self) -> None:
        """Release the log. Safe to call twice; the next use opens it again."""
        with self._opening:
            if self._log is not None:
                self._log.close()
                self._log = None

    def _open(self) -> EventLog:
        with self._opening:
            if self._log is None:
                self._log = open_log(self._url)
            return self._log

    def _record(
        self,
        session_id: str,
        agent_id: str,
        category: str,
        selection: dict[str, Any],
        outcome: Mapping[str, Any] | None,
        review: Mapping[str, Any] | None,
    ) -> Event:
        recorder = DecisionRecorder(self._open(), session_id, agent_id, category)
        event = recorder.selected(**selection)
        if outcome is not None:
            recorder.completed(event, **{"result": None, **outcome})
        if review is not None:
            recorder.reviewed(event, **review)
        return event


class DecisionLoggerMixin:
    """Gives an agent ``log_decision``. ``agent_id`` is the class's name where it is not set."""

    agent_id: str = ""
    category: str = ""
    decision_log: str | Path | None = None
    """URL of the log; None takes the user's own."""
    _decision_logger: AgentDecisionLogger | None = None

    @property
    def decision_logger(self) -> AgentDecisionLogger:
        if self._decision_logger is None:
            self._decision_logger = AgentDecisionLogger(self.decision_log)
        return self._decision_logger

    async def log_decision(
        self,
        context: Mapping[str, Any],
        tools_available: Tools,
        tool_selected: Mapping[str, Any] | str,
        reasoning: str = "",
        confidence: float | None = None,
        **columns: Any,
    ) -> Event:
        """Record one decision of this agent; ``columns`` are the further keywords of AgentDecisionLogger."""
        named = {"category": self.category, **columns}
        agent = self.agent_id or type(self).__name__
        return await self.decision_logger.log_decision(
            agent, context, tools_available, tool_selected, reasoning, confidence, **named
        )


def _name(tool: Mapping[str, Any] | str) -> str:
    return tool if isinstance(tool, str) else str(tool["name"])
