"""What of a session the student is shown, and how it is kept within the window.

Invariant: the prefix (instructions, tools, examples) is the same bytes in every turn, and nothing is left
out without a word: ``prepare`` has a line for all that was cut or compacted, and the session keeps the whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.agent.compaction import Compactor, Limits, Outcome, Summarise
from assistant.agent.hosting import Serving
from assistant.agent.prefix import fitted
from assistant.agent.session_records import Compaction
from assistant.agent.sessions import Session
from assistant.agent.settings import ContextSettings
from assistant.agent.sizes import Sizes
from assistant.agent.summary import Summariser
from assistant.agent.turns import Turn
from assistant.agent.view import Shortened, View
from assistant.agent.window import Budget, Use, use_of
from tools.protocol.messages import Conversation, Prompt, Signature
from training.student.base import ContextOverflow

Tell = Callable[[str], None]
"""Hears one line that the person should know."""

SPARE_TOKENS = 32
SAMPLE, SAMPLE_SHARE = 16_000, 0.95


class Context:
    """The view of one session. Until it is fitted to a student, all of it is shown as it is.

    ``project`` are the instructions of the workspace, which the person trusts, or empty.
    ``used`` is the size of the whole prompt when it was last looked at, 0 before.
    """

    def __init__(
        self,
        session: Session,
        prompt: Prompt,
        signatures: tuple[Signature, ...],
        settings: ContextSettings,
        project: str = "",
    ) -> None:
        self.session = session
        self.prompt = prompt
        self.signatures = signatures
        self.project = self._whole_project = project
        self.used = 0
        self._settings = settings
        self._serving: Serving | None = None
        self._budget: Budget | None = None
        self._sizes = Sizes(_uncounted)
        self._view = View(session, self._sizes)
        self._known = len(session.messages)
        self._pending: list[str] = []

    async def fit(self, serving: Serving) -> None:
        """Size everything for the student that serves; nothing to do where it did. Raises StudentError."""
        if serving != self._serving:
            if serving.window:
                await self._fit(serving)
            self._serving = serving

    async def _fit(self, serving: Serving) -> Budget:
        again = self._budget is not None
        sizes = Sizes(serving.student.count)
        prefix = await fitted(serving, self.signatures, self._whole_project, sizes, self._settings)
        self._sizes, self._budget = sizes, prefix.budget
        self.prompt, self.project = prefix.prompt, prefix.project
        self._view = View(self.session, sizes, prefix.budget.share(self._settings.observation))
        self._pending += prefix.notices
        if (cut := await self._measure()) and again:
            self._pending.append(f"this student is shown {_number(cut, 'earlier result')} in part only")
        return prefix.budget

    async def _measure(self) -> int:
        """Size what is new; that a new result was cut waits to be told. How many earlier ones were cut."""
        if self._budget is None:
            return 0
        made = await self._view.measure()
        new = [one for one in made if one.index >= self._known]
        self._pending += map(_shortened, new)
        self._known = len(self.session.messages)
        self._count()
        return len(made) - len(new)

    def _tell_pending(self, tell: Tell) -> None:
        for line in self._pending:
            tell(line)
        self._pending = []

    def _count(self) -> None:
        if self._budget:
            self.used = self._budget.fixed.total + self._view.size()

    def conversation(self) -> Conversation:
        """What the student sees now."""
        return Conversation(self.prompt, self.signatures, tuple(self._view.messages()), self.project)

    async def too_long(self, request: str) -> str:
        """Why ``request`` cannot be sent, in one line; empty where it can. Raises StudentError."""
        if self._budget is None:
            return ""
        await self._sizes.learn([request])
        tokens, most = self._sizes.text(request), self._budget.share(self._settings.request)
        if tokens <= most:
            return ""
        return (
            f"this request has {tokens:,} tokens and the student takes {most:,} at once: put the text into a "
            "file of the workspace and name it, or send a part"
        )

    async def room_for(self, text: str, beside: str) -> int:
        """About how many characters of ``text`` a request holds beside other words. Raises StudentError."""
        if self._budget is None:
            return len(text)
        sample = text if len(text) <= 2 * SAMPLE else text[:SAMPLE] + text[-SAMPLE:]
        await self._sizes.learn([sample, beside])
        most = self._budget.share(self._settings.request) - self._sizes.text(beside)
        return self._sizes.characters(sample, max(int(most * SAMPLE_SHARE), 0))

    async def prepare(self, tell: Tell) -> None:
        """Make ready for a decision; ``tell`` hears of all that is cut or left out for it.

        Raises StudentError or SessionError.
        """
        await self._measure()
        self._tell_pending(tell)
        budget = self._budget
        if budget and self._view.size() > budget.compact_at:
            await self._compact(self._limits(budget, budget.compact_to, budget.conversation), tell)

    async def overflowed(self, error: ContextOverflow, tell: Tell) -> bool:
        """Make room where the student said that the prompt does not fit; False where there is none to make.

        Raises StudentError or SessionError.
        """
        serving = self._serving
        if serving is None:
            return False
        reply = min(serving.reply or error.limit // 4, error.limit // 4)
        counted = (error.limit - reply) / max(error.needed - reply, 1)
        allowed = int(self.used * counted) if self.used else error.limit - reply
        if self._budget is None or error.limit < self._budget.window:
            budget = await self._fit(replace(serving, window=error.limit, reply=reply))
            tell(f"the student's window turned out to have {error.limit:,} tokens: sized anew for it")
        else:
            budget = self._budget
        await self._measure()
        self._tell_pending(tell)
        most = min(allowed - budget.fixed.total - SPARE_TOKENS, budget.conversation)
        if self._view.size() > most:
            await self._compact(self._limits(budget, min(most, budget.compact_to), most), tell)
        return self._view.size() <= most

    async def compact(self, focus: str = "") -> list[str]:
        """Compact what can be, by the person's wish; what was done, no line where nothing is gained.

        Raises StudentError or SessionError.
        """
        said: list[str] = []
        if self._budget and self.session.messages:
            await self._measure()
            self._tell_pending(said.append)
            await self._compact(self._limits(self._budget, 0, self._budget.conversation), said.append, focus)
        return said

    def _limits(self, budget: Budget, aim: int, most: int) -> Limits:
        return Limits(aim, most, budget.share(self._settings.requests), budget.share(self._settings.recap))

    async def _compact(self, limits: Limits, tell: Tell, focus: str = "") -> None:
        session, shown, before = self.session, self._view.whole(), self.used
        compactor = Compactor(shown, session.messages, self._sizes, limits, session.compaction)
        outcome = await compactor.compact(focus, self._summariser(tell))
        if outcome is None or outcome.tokens >= self._view.size():
            return
        compaction = Compaction(
            upto=len(session.messages),
            recapped=outcome.recapped,
            messages=outcome.messages,
            before=before,
            after=before - self._view.size() + outcome.tokens,
            summary=outcome.summary,
            focus=focus,
        )
        session.compact(compaction)
        self._count()
        for line in _said(compaction, outcome):
            tell(line)

    def _summariser(self, tell: Tell) -> Summarise | None:
        """The student's own summaries, where they are wanted of this one; ``tell`` hears when one begins."""
        wanted = self._settings.summary
        if self._serving is None or self._budget is None or wanted == "extract":
            return None
        if wanted == "auto" and not self.prompt.summarises:
            return None
        student = Summariser(self._serving.student, self._sizes, self._budget.window)

        async def summarise(earlier: str, turns: Sequence[Turn], focus: str, tokens: int) -> str:
            tell(f"the student sums up {_number(len(turns), 'older turn')}")
            return await student.summarise(earlier, turns, focus, tokens)

        return summarise

    async def use(self) -> Use:
        """What the window holds now. Raises StudentError."""
        if self._budget is None:
            return Use(())
        await self._measure()
        return use_of(self._budget, self._view.by_part(), self.session.compactions)


def _said(compaction: Compaction, outcome: Outcome) -> list[str]:
    """What the person is told of a compaction."""
    done = []
    if outcome.results:
        done.append(_number(outcome.results, "result") + " reduced")
    if outcome.in_part:
        done.append(_number(outcome.in_part, "new result") + " in part")
    if outcome.turns:
        done.append(
            _number(outcome.turns, "turn") + (" summed up" if outcome.summary else " listed in short")
        )
    what = f" ({', '.join(done)})" if done else ""
    lines = [
        f"compacted: {compaction.before:,} -> {compaction.after:,} tokens{what}; the session keeps all of it"
    ]
    if outcome.words_shortened or outcome.words_left_out:
        lines.append(
            f"of your earlier requests {outcome.words_left_out:,} no longer fit and are not shown to the "
            f"student, {outcome.words_shortened:,} in part"
        )
    return lines


def _shortened(cut: Shortened) -> str:
    return (
        f"{cut.tool}: the student is shown {cut.shown:,} of {cut.whole:,} tokens, head and tail, "
        "and how to read the rest"
    )


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


async def _uncounted(_texts: object) -> list[int]:
    raise AssertionError("sizes are asked for only after a student was fitted")
