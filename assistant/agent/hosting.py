"""The student of a chat: loaded in the background, swapped without losing the session.

Invariant: a swap that fails leaves the student that was serving in place.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from assistant.agent.confinement import OFF, READY, STARTING
from tools.protocol.messages import Prompt
from training.registry.serving import in_force
from training.student.base import Student, StudentError, StudentInfo
from training.student.prompt import prompt_for
from training.student.settings import StudentSettings

MakeStudent = Callable[[StudentSettings], Student]


@dataclass(frozen=True)
class Serving:
    """The student as far as its window is concerned.

    ``window`` is all of it and ``reply`` what a prompt leaves free, in tokens. ``schemas``: the tools go out
    as JSON Schemas, not as one-line signatures.
    """

    student: Student
    prompt: Prompt
    window: int
    reply: int
    schemas: bool


class Hosting:
    """Holds one student. ``state`` is ``starting``, ``ready`` or ``off``; then ``problem`` says why.

    ``settings`` are as they were asked for; ``used`` is the student that they meant when it was loaded, as
    files. Raises StudentError where that one is damaged.
    """

    def __init__(self, settings: StudentSettings, make: MakeStudent) -> None:
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self.settings = settings
        self.used = in_force(settings)
        self.student = make(self.used)
        self.prompt: Prompt = prompt_for(self.used.model, self.used.prompt)
        self.info = StudentInfo(model=settings.model)
        self.state = STARTING
        self.problem = ""

    @property
    def serving(self) -> Serving:
        """Who serves now; the window is 0 while nobody does."""
        window = self.info.context_tokens
        reply = self.settings.room_for_reply(window)
        return Serving(self.student, self.prompt, window, reply, self.settings.remote)

    def start(self) -> None:
        """Begin to load, once."""
        if self._task is None and self.state == STARTING:
            self._task = asyncio.create_task(self._load())

    async def _load(self) -> None:
        try:
            self.info = await self.student.start()
            self.state = READY
        except StudentError as error:
            self.state, self.problem = OFF, str(error)

    async def ready(self) -> None:
        """Wait until it serves. Raises StudentError where it cannot; what failed before is tried again."""
        if self.state == OFF:
            self._task, self.state, self.problem = None, STARTING, ""
        self.start()
        if self._task:
            await asyncio.shield(self._task)
        if self.problem:
            raise StudentError(self.problem)

    async def swap(self, settings: StudentSettings) -> None:
        """Put another student in its place. Raises StudentError, and the old one goes on.

        Where only adapter and prompt are others, the base stays loaded.
        """
        used = await asyncio.to_thread(in_force, settings)
        prompt = prompt_for(used.model, used.prompt)
        if self.state == READY and self._keeps_base(used):
            self.info = await self.student.adapt(used.adapter_path)
            self.settings, self.used, self.prompt = settings, used, prompt
            return
        student = self._make(used)
        try:
            info = await student.start()
        except StudentError:
            await student.close()
            raise
        await self._stop_loading()
        previous, self.student = self.student, student
        self.settings, self.used = settings, used
        self.prompt, self.info = prompt, info
        self.state, self.problem = READY, ""
        await previous.close()

    def _keeps_base(self, used: StudentSettings) -> bool:
        belonging = {"adapter": self.used.adapter, "prompt": self.used.prompt}
        return used != self.used and used.model_copy(update=belonging) == self.used

    async def _stop_loading(self) -> None:
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End the student. Safe to call twice."""
        await self._stop_loading()
        await self.student.close()
