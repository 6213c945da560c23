"""One session with the student: what the student is shown of it, and the loop over it.

Made anew for each session that a chat opens; the student, the tools and the log outlive it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.agent.account import Account
from assistant.agent.acting import Acting
from assistant.agent.confinement import Confinement
from assistant.agent.context import Context
from assistant.agent.correcting import Correcting, InView
from assistant.agent.facts.unfounded import is_thanks
from assistant.agent.gate import Gate
from assistant.agent.hosting import Hosting
from assistant.agent.loop import Loop
from assistant.agent.offering import Offering
from assistant.agent.questions.answers import USED_TOOLS, Asking, asking, thanked
from assistant.agent.questions.counts import counting
from assistant.agent.questions.guessing import guess
from assistant.agent.questions.own import about_the_program, said_of_itself
from assistant.agent.questions.recognise import recognise
from assistant.agent.safekeeping import Safekeeping
from assistant.agent.sessions import Session, SessionStore
from assistant.agent.streaming import Work
from assistant.agent.window import Use
from assistant.settings import Settings
from sandbox.snapshots.store import SnapshotStore
from tools.base import ToolContext
from tools.executor import Executor
from tools.permissions.book import Permissions
from tools.selection.offer import Offers, Way
from tools.selection.ranker import Ranker
from training.corrections.book import Corrections
from training.events.base import EventLog
from training.events.decisions import DecisionRecorder
from training.models.catalogue import EMBEDDED
from training.registry.base import RegistryError
from training.registry.serving import own_registry, serving
from training.student.base import Usage


@dataclass(frozen=True)
class Parts:
    """What a chat is wired from. ``snapshots`` is None where none are taken."""

    settings: Settings
    workspace: Path
    store: SessionStore
    log: EventLog
    permissions: Permissions
    executor: Executor
    hosting: Hosting
    confinement: Confinement
    ranker: Ranker
    corrections: Corrections
    notices: tuple[str, ...] = ()
    snapshots: SnapshotStore | None = None


class Talk:
    """The student's part in ``session``. ``last`` is what its last decision cost."""

    def __init__(self, parts: Parts, session: Session, work: Work) -> None:
        self.session = session
        self.last = Usage()
        self._parts = parts
        self._hosting = parts.hosting
        settings, prompt = parts.settings, parts.hosting.prompt
        signatures = parts.executor.registry.signatures()
        self.context = Context(session, prompt, signatures, settings.context, settings.instructions)
        recorder = DecisionRecorder(parts.log, session.id)
        self.keeping = Safekeeping(parts.snapshots, session.id)
        gate = Gate(parts.permissions, parts.executor, parts.confinement, work, self.keeping)
        offering = Offering(Offers(parts.ranker), self._way, lambda: self._hosting.serving.schemas)
        self.account = Account(session, self.keeping, self._is_small)
        registry, workspace = parts.executor.registry, session.workspace
        self.correcting = Correcting(parts.corrections, workspace, registry, self._who_serves)
        acting = Acting(parts.executor, gate, recorder, self.context, work, self.account)
        self.loop = Loop(
            lambda: self._hosting.student,
            self._facts,
            self.context,
            offering,
            gate,
            acting,
            work,
            settings.loop,
            self._question,
            self.correcting.find,
        )

    def _question(self, request: str, seen: InView | None) -> Asking | None:
        """What the host answers in the place of a small student: first questions, and what can be counted.

        A correction goes before it where the corrected request was such a question too. Reads files.
        """
        executor = self._parts.executor
        if not self._is_small() or not all(map(executor.registry.get, USED_TOOLS)):
            return None
        if seen and _by_host(seen.near.correction.request, executor.context) == _by_host(
            request, executor.context
        ):
            return None
        if is_thanks(request):
            return thanked()
        if kind := about_the_program(request):
            return said_of_itself(kind)
        if found := recognise(request):
            earlier = [facts for _, facts in sorted(self.session.facts.items())]
            return asking(found, executor.context, earlier)
        if counted := counting(request, executor.context):
            return counted
        guessed = guess(request, executor.context)
        return asking(guessed, executor.context, ()) if guessed else None

    def _who_serves(self) -> tuple[str, bool]:
        """The student's id in the registry, empty where it has none, and whether it runs elsewhere."""
        used = self._hosting.used
        if used.remote:
            return "", True
        try:
            student = serving(used, own_registry())
        except RegistryError:
            return "", False
        return (student.id if student else ""), False

    def _way(self) -> Way:
        """How tools are selected for the student that serves."""
        wanted = self._parts.settings.tools.selection
        return self._hosting.prompt.selection if wanted == "auto" else wanted

    def _is_small(self) -> bool:
        """Whether the student is too small to be left the last word about what was done."""
        return self._hosting.used.model == EMBEDDED or self._hosting.prompt.max_rounds > 0

    def _facts(self) -> dict[str, Any]:
        info = self._hosting.info
        return {"model": f"{info.model}+{info.adapter}" if info.adapter else info.model}

    @property
    def used(self) -> int:
        """The tokens of the last prompt with its reply, or of the next prompt as far as it is known."""
        return self.last.prompt_tokens + self.last.completion_tokens or self.context.used

    async def fit(self) -> None:
        """Wait for the student and size the context for it. Raises StudentError."""
        await self._hosting.ready()
        await self.context.fit(self._hosting.serving)

    async def swapped(self) -> None:
        """Another student serves. Raises StudentError."""
        self.last = Usage()
        self.context.prompt = self._hosting.prompt
        await self.context.fit(self._hosting.serving)

    async def problem(self, request: str) -> str:
        """Why ``request`` cannot be sent, or empty. Raises StudentError."""
        await self.fit()
        return await self.context.too_long(request)

    async def room_for(self, text: str, beside: str) -> int:
        """About how many characters of ``text`` a request holds beside other words. Raises StudentError."""
        await self.fit()
        return await self.context.room_for(text, beside)

    async def use(self) -> Use:
        """What the student's window holds; without parts where no student serves. Raises StudentError."""
        await self.fit()
        return await self.context.use()

    async def compact(self, focus: str) -> list[str]:
        """What was done, a line each; none where nothing is gained. Raises StudentError or SessionError."""
        await self.fit()
        done = await self.context.compact(focus)
        if done:
            self.last = Usage()
        return done


def _by_host(request: str, context: ToolContext) -> str:
    """What kind of question the host answers itself; empty where it leaves the request to the student."""
    if is_thanks(request):
        return "thanks"
    if kind := about_the_program(request):
        return kind
    found = recognise(request)
    return found.kind if found else "counts" if counting(request, context) else ""
