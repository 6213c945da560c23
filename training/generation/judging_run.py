"""A judging as it was asked for: who is asked about what, what it costs, and where it is kept.

Invariant: the same judging has the same folder, so that one which was stopped goes on, and one that is
repeated costs nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from training.generation.judging import Subject, graded, labelled
from training.teachers.base import ProviderConfig, TeacherRequest
from training.teachers.create import create_provider
from training.teachers.estimating import SAMPLE, Estimate, estimate
from training.teachers.grading import grade_request
from training.teachers.identity import request_key
from training.teachers.patience import Said, unheard
from training.teachers.prices import PriceList, price_list
from training.teachers.relabelling import relabel_request
from training.teachers.run import TeacherRun
from training.teachers.soft_labels import asks_letters, letters_request

GRADE_TOKENS, LABEL_TOKENS = 80, 60


@dataclass(frozen=True)
class Judging:
    """``kept`` is the folder of all judgings. ``soft`` asks for distributions over the tools too."""

    purpose: Literal["grade", "relabel"]
    teachers: Sequence[ProviderConfig]
    subjects: Sequence[Subject]
    kept: Path
    prices: str = ""
    max_cost_usd: float | None = None
    soft: bool = False

    @property
    def folder(self) -> Path:
        digest = sha256(self.purpose.encode())
        for config in self.teachers:
            for subject in self.subjects:
                digest.update(request_key(config, self._question(subject)).encode())
        return self.kept / digest.hexdigest()[:16]

    def _question(self, subject: Subject) -> TeacherRequest:
        return grade_request(subject.decided) if self.purpose == "grade" else relabel_request(subject.decided)

    async def estimates(self) -> list[Estimate]:
        """One for each teacher. Raises TeacherError."""
        prices, found = self._prices(), []
        asked = [self._question(subject) for subject in islice(self.subjects, SAMPLE)]
        tokens = GRADE_TOKENS if self.purpose == "grade" else LABEL_TOKENS
        for config in self.teachers:
            soft = self.soft and asks_letters(config, asked[0])
            sample = [one for each in asked for one in ((each, letters_request(each)) if soft else (each,))]
            provider = create_provider(config)
            try:
                count = len(self.subjects) * (2 if soft else 1)
                found.append(await estimate(provider, prices, sample, count, reply_tokens=tokens))
            finally:
                await provider.close()
        return found

    async def judge(
        self, told: Callable[[int], None] = lambda done: None, said: Said = unheard
    ) -> tuple[dict[str, Any], list[bytes]]:
        """What they say, in sums and one by one, and a line for each. Raises TeacherError."""
        async with AsyncExitStack() as stack:
            run = stack.enter_context(TeacherRun(self.folder, self._prices(), self.max_cost_usd))
            providers = []
            for config in self.teachers:
                providers.append(create_provider(config, said=said))
                stack.push_async_callback(providers[-1].close)
            if self.purpose == "grade":
                return await graded(run, providers[0], self.subjects, told)
            return await labelled(run, providers, self.subjects, soft=self.soft, told=told)

    def _prices(self) -> PriceList:
        return price_list(Path(self.prices).expanduser() if self.prices else None)
