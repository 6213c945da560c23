"""One question to a provider: within its time, and what it fails with as one line without the key."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from training.teachers.base import TeacherError
from training.teachers.failures import Refused, Where, lost, meaning, refusals

Result = TypeVar("Result")
ASK_S = 30.0
CREATE_S = 8.0
"""Short, because the creation of a run is not broken off when its job is cancelled."""
SEND_S = 3600.0


async def guarded(where: Where, attempt: Callable[[], Awaitable[Result]], limit_s: float = ASK_S) -> Result:
    """``attempt`` within ``limit_s``. Raises TeacherError, in its kind that says whether to ask again."""
    try:
        with refusals(where):
            async with asyncio.timeout(limit_s):
                return await attempt()
    except Refused as refused:
        problem = meaning(where, refused)
    except Exception as error:  # noqa: BLE001 - whatever an SDK raises has one meaning: no answer
        problem = error if isinstance(error, TeacherError) else lost(where, error, limit_s)
    raise problem
