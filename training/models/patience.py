"""How long the hub is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds. The wait doubles with each attempt in a row that brought nothing."""

    attempts: int = 5
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    connect_s: float = 10.0
    read_s: float = 30.0

    def wait_s(self, attempt: int, asked: float | None) -> float | None:
        """Before the attempt after ``attempt`` (from 1), None to give up; ``asked`` is the server's wish."""
        if attempt >= self.attempts:
            return None
        if asked is not None:
            return asked if asked <= self.longest_wait_s else None
        return min(self.longest_wait_s, self.backoff_s * 2.0 ** (attempt - 1))


ORDINARY = Patience()
