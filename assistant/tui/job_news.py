"""Tells in the chat that a job ended, whether the program ran meanwhile or not."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from assistant.tui.messages import JobEnded

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen
    from training.jobs.store import Jobs

LOOK_S = 2.0


class JobNews:
    """A line in the transcript for each job that ended, said over a panel as well; those that run stand in
    the status line."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen
        self._jobs: Jobs | None = None

    async def watch(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            with contextlib.suppress(OSError):  # a folder that cannot be read now may be the next time
                lines, running = await asyncio.to_thread(self._look)
                self._screen.show_jobs(running)
                for line in lines:
                    await self._tell(line)
            await asyncio.sleep(LOOK_S)

    def _look(self) -> tuple[list[str], str]:
        """What ended, and what runs."""
        from assistant import paths
        from assistant.job_news import news
        from assistant.job_text import running_line
        from training.jobs.store import Jobs

        if self._jobs is None:
            self._jobs = Jobs(paths.jobs_dir())
        return news(self._jobs), running_line(self._jobs.all())

    async def _tell(self, line: str) -> None:
        screen = self._screen
        await screen.transcript.add_notice(line)
        if screen.app.screen is not screen:
            screen.interface.notify(line)
        screen.post_message(JobEnded())
