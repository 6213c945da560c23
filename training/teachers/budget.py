"""What may still be spent.

Invariant: ``spent + reserved`` never exceeds the limit. What could be charged is reserved at its worst case
before it is sent; what was charged settles it. A request that does not fit waits while others are under way,
because those may cost less than their worst case, and is refused once nothing is.
"""

import asyncio

from training.teachers.base import BudgetSpent


class Budget:
    """Dollars; without a ``limit`` everything fits. ``spent`` is what is known, worst cases included."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self.spent = 0.0
        self.reserved = 0.0
        self._open = 0
        self._changed = asyncio.Condition()

    def fits(self, usd: float) -> bool:
        return self.limit is None or self.spent + self.reserved + usd <= self.limit * (1 + 1e-9)

    def exceeded(self, usd: float) -> BudgetSpent:
        """Why a request that can cost ``usd`` is not sent."""
        kept = f" and ${self.reserved:.4f} are held for batches" if self.reserved else ""
        return BudgetSpent(
            f"the budget of ${self.limit or 0.0:.2f} is reached: ${self.spent:.4f} are spent{kept}, and the "
            f"next request could cost ${usd:.4f}; raise --max-cost and resume, what is there is kept"
        )

    async def reserve(self, usd: float) -> None:
        """Raises BudgetSpent."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.fits(usd) or not self._open)
            if not self.fits(usd):
                raise self.exceeded(usd)
            self.reserved += usd
            self._open += 1

    def hold(self, usd: float) -> None:
        """Reserve what a batch can still be charged. Nobody waits for it."""
        self.reserved += usd

    async def settle(self, reserved: float, usd: float, *, held: bool = False) -> None:
        """What was reserved, or ``held``, cost ``usd``."""
        async with self._changed:
            self.reserved -= reserved
            self.spent += usd
            self._open -= not held
            self._changed.notify_all()
