"""Parts of a curation over Ray Data: on the cluster that ``RAY_ADDRESS`` names, else on one of its own.

Decisions are read, clustered and published where the job runs; what is sent are texts and vectors, as pickled
parts. Every machine of the cluster needs this program at the same version.
"""

import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from training.curation.base import CurationError
from training.curation.engine import Made, Part


class RayEngine:
    """On the cluster that this process is connected to."""

    def map(self, function: Callable[[Part], Made], parts: Iterable[Part]) -> list[Made]:
        import ray.data
        from ray.exceptions import RayError

        given = [{"number": number, "part": pickle.dumps(part)} for number, part in enumerate(parts)]
        if not given:
            return []
        try:
            rows = ray.data.from_items(given).map(_applied, fn_args=(function,)).take_all()
        except RayError as error:
            said = " ".join(str(error).split())[-300:]
            raise CurationError(f"Ray could not finish a part: {said}; run it with --engine local") from error
        found: dict[int, Made] = {row["number"]: pickle.loads(row["made"]) for row in rows}
        return [found[number] for number in range(len(given))]


def _applied(row: dict[str, Any], function: Callable[[Any], Any]) -> dict[str, Any]:
    return {"number": row["number"], "made": pickle.dumps(function(pickle.loads(row["part"])))}


@contextmanager
def connected() -> Iterator[RayEngine]:
    """Until the block ends. Raises CurationError."""
    try:
        import ray
        import ray.data
    except ImportError:
        from sandbox.packages import install_extra

        raise CurationError(
            f"the engine ray needs Ray: {install_extra('ray')}; or use --engine local"
        ) from None
    mine = not ray.is_initialized()
    if mine:
        try:
            with _own_signals():
                ray.init(log_to_driver=False, include_dashboard=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            raise CurationError(f"Ray's cluster cannot be reached: {error}; look at RAY_ADDRESS") from None
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        yield RayEngine()
    finally:
        if mine:
            ray.shutdown()


@contextmanager
def _own_signals() -> Iterator[None]:
    """What this process does on SIGTERM stays: Ray would end it, and a job could not be cancelled."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
