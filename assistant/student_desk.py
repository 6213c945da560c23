"""Trained students as a person rules them from the chat: deploy, roll back, retire; the chat takes it.

Invariant: nothing is deployed that did not pass the conversion gate and beat what serves, unless the person
insists after the refusal; what was forced is said in the log. The session stays whatever happens.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from assistant.model_choice import let_serve
from assistant.settings import Settings
from training.models.catalogue import EMBEDDED
from training.registry import Registered, Registry
from training.registry.comparisons import objection
from training.registry.events import tell
from training.student.base import StudentError

if TYPE_CHECKING:
    from training.events.base import EventLog


class Chatting(Protocol):
    """What is needed of the chat that is open."""

    @property
    def log(self) -> "EventLog": ...

    async def use_model(self, model: str) -> None:
        """Swap the student. Raises StudentError, and the old one goes on."""


class Refusal(Exception):
    """A student is not deployed: one line that says why."""


class StudentDesk:
    """``load`` reads the settings that are in force. Every method raises RegistryError, SettingsError or
    EventLogError."""

    def __init__(self, chat: Chatting, registry: Registry, load: Callable[[], Settings]) -> None:
        self._chat = chat
        self._registry = registry
        self._load = load

    def serving(self) -> Registered | None:
        """The trained student that is deployed."""
        return self._registry.deployed()

    def whole_text(self, key: str) -> str:
        """All that is known of a student: what it is made of, where it came from, gate, comparisons."""
        from assistant.cli.students_text import lineage, whole_facts

        found = self._registry.get(key)
        return lineage(found, whole_facts(self._registry, found))

    async def use(self, model: str) -> str:
        """Take a model in this chat only. Raises StudentError."""
        await self._chat.use_model(model)
        return f"this chat goes on with {model}"

    async def deploy(self, key: str, *, forced: bool = False) -> str:
        """Let it serve, also in this chat; what was done. Raises Refusal."""
        found, notices = await asyncio.to_thread(self._deployed, key, forced)
        return await self._swapped(found, notices)

    async def roll_back(self) -> str:
        """Let the one serve that did so before; what was done."""
        found, notices = await asyncio.to_thread(self._rolled_back)
        return await self._swapped(found, notices)

    async def retire(self, key: str) -> str:
        """It is no candidate any more, or no longer serves; what was done."""
        before = await asyncio.to_thread(self.serving)
        if before is not None and before.id == self._registry.get(key).id:
            return await self.roll_back()
        found = await asyncio.to_thread(self._retired, key)
        return f"{found.id} ({found.name}) is retired"

    def _deployed(self, key: str, forced: bool) -> tuple[Registered, list[str]]:
        found = self._registry.get(key)
        reason = objection(self._registry, found)
        if reason and not forced:
            raise Refusal(reason)
        found = self._registry.deploy(found.id, forced=bool(reason), reason=reason)
        return found, self._settle(found)

    def _rolled_back(self) -> tuple[Registered | None, list[str]]:
        found = self._registry.rollback()
        return found, self._settle(found)

    def _retired(self, key: str) -> Registered:
        found = self._registry.retire(key)
        self._settle(None)
        return found

    def _settle(self, found: Registered | None) -> list[str]:
        """What keeps it from serving is set aside, and the log is told."""
        notices = let_serve(found, self._load().student, self._load) if found is not None else []
        tell(self._registry, self._chat.log)
        return notices

    async def _swapped(self, found: Registered | None, notices: list[str]) -> str:
        """The chat that is open takes it; where it cannot, the next one does."""
        now = f"{found.id} ({found.name})" if found else "the base without a trained student"
        try:
            await self._chat.use_model(found.id if found else EMBEDDED)
        except StudentError as error:
            notices.append(f"this chat goes on with the student it has: {error}")
        return "; ".join([f"now serves: {now}", *notices])
