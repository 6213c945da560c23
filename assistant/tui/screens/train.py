"""From examples to the student that serves: start a run, watch it, prove what came of it, let it serve."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from assistant.student_desk import StudentDesk
from assistant.train_desk import TrainDesk
from assistant.train_run import RunDesk, Seen
from assistant.tui.screens.student_panel import StudentPanel
from assistant.tui.screens.views_panel import ViewsPanel
from assistant.tui.widgets.proof_view import ProofView
from assistant.tui.widgets.run_view import RunView
from assistant.tui.widgets.train_form import TrainFormView
from assistant.tui.widgets.view_tabs import ViewTabs
from training.jobs.base import RESUMABLE

LOOK_S = 0.5


class TrainScreen(ViewsPanel, StudentPanel):
    """Jobs go on when the panel is closed; what is shown is read from their folders."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "train.tcss"]
    AUTO_FOCUS = None
    VIEWS: ClassVar[Mapping[str, str]] = {"start": "Start", "run": "Run", "proof": "Proof"}
    HINTS: ClassVar[Mapping[str, str]] = {
        "start": "Tab fields · Down lists · Ctrl+E estimate · Ctrl+S start · 2 run · Esc",
        "run": "x stop · r resume · p n other runs · 3 prove it · Esc closes",
        "proof": "e export · m merged · c f l compare · d deploy · b roll back · x stop · Esc",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "Stop", show=False),
        Binding("r", "resume", "Resume", show=False),
        Binding("n", "other_run(1)", "Older run", show=False),
        Binding("p", "other_run(-1)", "Newer run", show=False),
        Binding("e", "export(False)", "Export", show=False),
        Binding("m", "export(True)", "Export merged", show=False),
        Binding("c", "compare", "Compare", show=False),
        Binding("f", "compare_on", "Compare on a file", show=False),
        Binding("l", "compare(None, True)", "Compare on your log", show=False),
        Binding("d", "deploy(False)", "Deploy", show=False),
        Binding("D", "deploy(True)", "Deploy all the same", show=False),
        Binding("b", "roll_back", "Roll back", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    def __init__(self, desk: TrainDesk, runs: RunDesk, students: StudentDesk) -> None:
        super().__init__("Train", self.HINTS["start"], students)
        self._runs = runs
        self._folder = desk.workspace
        self._seen = Seen()
        self._serving = ""
        self._looking = asyncio.Lock()
        self._form = TrainFormView(desk)
        self._run = RunView()
        self._proof = ProofView()

    def parts(self) -> ComposeResult:
        yield ViewTabs(self.VIEWS, "start")
        with ContentSwitcher(initial="start"):
            yield self._form
            yield self._run
            yield self._proof

    async def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        await self.look()
        self.action_view("run" if self._seen.active is not None else "start")

    def focus_of(self, name: str) -> Widget:
        if name == "run":
            return self._run
        # Not a field of the form: a digit that should open a view would be written into it.
        return self._form if name == "start" else self._proof.query_one("VerticalScroll")

    @on(TrainFormView.Started)
    async def _started(self, event: TrainFormView.Started) -> None:
        self._runs.choose(event.job_id)
        await self.look()
        self.action_view("run")

    @work(group="look")
    async def _look(self) -> None:
        if not self._looking.locked():
            await self.look()

    async def look(self) -> None:
        """One look after the other, so that what is shown never goes back in time."""
        async with self._looking:
            before = self._seen
            try:
                self._seen, self._serving = await asyncio.to_thread(self._read)
            except self.PROBLEMS as error:
                self.say(str(error), "problem")
                return
            self.draw()
            if before.active is not None and self._seen.active is None:
                self.say("")

    def _read(self) -> tuple[Seen, str]:
        serving = self.students.serving()
        return self._runs.look(), f"{serving.id} {serving.name}" if serving else "the base alone"

    def draw(self) -> None:
        if self.is_mounted and self.view == "run":
            self._run.show(self._seen)
        elif self.is_mounted and self.view == "proof":
            self._proof.show(self._seen, self._serving)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a run is done where it can be seen."""
        if action in ("stop", "resume", "other_run"):
            return self.view in ("run", "proof")
        if action in ("export", "compare", "compare_on", "deploy", "roll_back"):
            return self.view == "proof"
        return True

    def action_other_run(self, by: int) -> None:
        """The next older or newer run."""
        if self._seen.run is not None:
            runs = self._seen.runs
            at = runs.index(self._seen.run) + by
            self._runs.choose(runs[max(0, min(len(runs) - 1, at))].id)
            self._look()

    def action_stop(self) -> None:
        job = self._seen.active
        if job is None:
            self.say("nothing of this run is under way")
        else:
            self.do(lambda: asyncio.to_thread(self._runs.jobs.cancel, job.id), "it stops; r goes on with it")

    def action_resume(self) -> None:
        """Go on with what of this run ended last without being done."""
        found = [job for job in (self._seen.comparing, self._seen.export, self._seen.run) if job is not None]
        job = next((job for job in found if job.state in RESUMABLE), None)
        if job is None:
            self.say("nothing of this run is to be resumed")
        else:
            self.do(lambda: asyncio.to_thread(self._runs.jobs.resume, job.id), "it goes on")

    def action_export(self, merged: bool) -> None:
        run = self._seen.run
        if run is not None:
            self.do(
                lambda: asyncio.to_thread(self._runs.export, run, merged=merged), "the export is a job now"
            )

    def action_compare(self, cases: Path | None = None, log: bool = False) -> None:
        """On what the run held out, on a file of cases, or on the person's own decisions."""
        seen = self._seen
        said = "both students decide on the same cases now"
        self.do(lambda: asyncio.to_thread(self._runs.compare, seen, cases, log=log), said)

    @work(group="ask", exclusive=True)
    async def action_compare_on(self) -> None:
        from assistant.tui.screens.ask_cases import AskCasesScreen

        cases = await self.app.push_screen_wait(AskCasesScreen(self._folder))
        if cases is not None:
            self.action_compare(cases)

    def action_deploy(self, forced: bool) -> None:
        """Let the student serve that came of the run, also in the chat below."""
        student = self._seen.student
        if student:
            self.let_serve(student, forced=forced)
        else:
            self.say("there is no student of this run yet: e exports it", "problem")
