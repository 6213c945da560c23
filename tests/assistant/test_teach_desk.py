"""What the panel of the teachers knows: forms, questions, jobs, examples as they come, what is not wanted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import paths
from assistant.settings import Settings
from assistant.teach_desk import Form, TeachDesk
from assistant.teach_text import estimate_brief, grades_text, spent
from assistant.tui.example_text import example_row, example_text, job_line
from tests.training.generation.making import example, told
from training.datasets.example import Example, to_line
from training.generation.base import GenerationError
from training.generation.job import spec
from training.generation.plan import Plan
from training.generation.work import EXAMPLES, FOLDER, Work
from training.jobs.base import Job, JobSpec, JobState, Progress


class FakeJobs:
    """Jobs that never run."""

    def __init__(self) -> None:
        self.made: list[Job] = []

    def all(self) -> list[Job]:
        return self.made[::-1]

    def submit(self, wanted: JobSpec) -> Job:
        job = Job(f"job-{len(self.made)}", wanted, JobState.RUNNING, Path("/nowhere"), "2030")
        self.made.append(job)
        return job

    def cancel(self, job_id: str) -> Job:
        self.end(JobState.CANCELLED)
        return self.made[-1]

    def end(self, state: JobState) -> None:
        self.made[-1] = replace(self.made[-1], state=state)


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def desk(jobs: FakeJobs, tmp_path: Path) -> TeachDesk:
    return TeachDesk(Settings(), jobs, tmp_path)  # type: ignore[arg-type]


def test_a_form_becomes_a_plan(desk: TeachDesk, tmp_path: Path) -> None:
    plan = desk.plan(Form("openai, scripted", "80,20", "gpt-x", "1,000", "here", "$2.5"))
    assert (plan.examples, dict(plan.mix), plan.max_cost_usd) == (1000, {"openai": 80, "scripted": 20}, 2.5)
    assert plan.output == tmp_path / "here" and plan.teachers[0].model == "gpt-x"


def test_without_a_folder_nothing_is_written_into_the_workspace(desk: TeachDesk) -> None:
    offered = desk.newest().folder
    assert Path(offered).parent.parent == paths.data_dir() / "projects"
    assert desk.plan(Form(folder=" ")).output == desk.plan(Form(folder=offered)).output == Path(offered)
    assert not Path(offered).is_relative_to(desk.workspace)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (Form(providers="foo"), "foo is no provider"),
        (Form(mix="50"), "add up to 50"),
        (Form(examples="many"), "many is no number"),
        (Form(examples="0"), "from 1 on"),
        (Form(budget="-1"), "budget"),
        (Form(models="a,b"), "--model"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_in_a_line(desk: TeachDesk, form: Form, said: str) -> None:
    with pytest.raises(GenerationError, match=said) as problem:
        desk.plan(form)
    assert "\n" not in str(problem.value)


def test_a_cost_is_asked_about_once_for_each_sum(desk: TeachDesk) -> None:
    assert desk.question({"cost_usd": 0.5}) == ""
    assert "more than $1.00" in desk.question({"cost_usd": 3.0})
    assert desk.question({"cost_usd": 3.0}) == ""
    assert "more than" in desk.question({"cost_usd": 4.0})
    assert "not known" in desk.question({"cost_usd": None})


def begun(plan: Plan, *examples: Example) -> None:
    """What a job has written so far."""
    (plan.output / FOLDER).mkdir(parents=True, exist_ok=True)
    work = Work(plan.output, plan.identity(), resume=True)
    for one in examples:
        work.append(one)
    work.checkpoint()
    work.close()


def test_a_job_is_started_shown_stopped_and_found_again(desk: TeachDesk, jobs: FakeJobs) -> None:
    plan = desk.plan(Form(folder="out", examples="3"))
    assert desk.look().job is None and desk.stop() is None
    job = desk.start(plan)
    begun(plan, example("open one.py"), example("open two.py"))
    with (plan.output / FOLDER / EXAMPLES).open("ab") as file:
        file.write(b'{"half')
    seen = desk.look()
    assert seen.job == job and [one.messages[0].text for one in seen.fresh] == ["open one.py", "open two.py"]
    assert desk.look().fresh == ()
    with pytest.raises(GenerationError, match="is at it already"):
        desk.start(plan)
    stopped = desk.stop()
    assert stopped is not None and stopped.state == JobState.CANCELLED
    other = TeachDesk(Settings(), jobs, desk.workspace)  # type: ignore[arg-type]
    assert other.newest() == Form(folder=str(plan.output), examples="3")
    assert len(other.look().fresh) == 2
    with pytest.raises(GenerationError, match="other seed"):
        desk.start(replace(plan, seed=7))


def test_what_is_rejected_is_missing_until_the_run_goes_on(desk: TeachDesk, jobs: FakeJobs) -> None:
    plan = desk.plan(Form(folder="out", examples="2"))
    desk.start(plan)
    first, second = example("open one.py"), example("open two.py")
    begun(plan, first, second)
    jobs.end(JobState.DONE)
    assert desk.lacks() == 0
    desk.judge(first.id, wanted=False)
    assert desk.look().unwanted == {first.id} and desk.lacks() == 1
    begun(plan, example("open three.py"))
    assert desk.lacks() == 0, "another has taken its place"
    desk.judge(second.id, wanted=False)
    assert desk.lacks() == 1
    for one in (first, second):
        desk.judge(one.id, wanted=True)
    assert desk.look().unwanted == frozenset() and desk.lacks() == 0


def test_examples_are_inert_text() -> None:
    one = told("say \x1b[31mred", "It is \x1b]0;title\x07done.", source={"cost_usd": 0.002})
    row = example_row(one, unwanted=True)
    assert "\x1b" not in "".join(row.cells) + example_text(one)
    assert row.cells[0] == "✗" and row.cells[-1] == "$0.0020" and to_line(one)
    cheap = replace(one, source={**one.source, "cost_usd": 4.5e-06})
    assert example_row(cheap, unwanted=False).cells[-1] == "<$0.0001"


def test_the_sum_of_an_estimate_comes_before_its_parts() -> None:
    part = {
        "provider": "openai", "model": "small", "requests": 40, "price": "its page", "batch_usd": 0.01,
        "cost_usd": 0.02, "at_most_usd": 0.5,
    }  # fmt: skip
    said = estimate_brief({"cost_usd": 0.02, "at_most_usd": 0.5, "providers": [part]}).splitlines()
    assert said[0] == "estimate: $0.0200, at most $0.50"
    assert said[1] == "openai small: 40 requests, about $0.0200, at most $0.50, $0.0100 as a batch; its page"
    assert "is free" in estimate_brief({"cost_usd": 0.0, "at_most_usd": 0.0, "providers": []})


@pytest.mark.parametrize(
    ("usd", "without_price", "said"),
    [
        (0.0, 3, "price unknown"),
        (None, 3, "price unknown"),
        (None, 0, "price unknown"),
        (0.25, 3, "at least $0.25, 3 at an unknown price"),
        (0.0, 0, "$0.0000"),
    ],
)
def test_an_unknown_price_is_not_shown_as_nothing(usd: float | None, without_price: int, said: str) -> None:
    assert spent(usd, without_price) == said
    judged = {"graded": 0, "decisions": 1, "grades": [], "problems": []}
    costs = {"cost_usd": usd, "without_price": without_price}
    assert grades_text({**judged, "costs": costs}).endswith(f"cost: {said}")
    metrics = {"cost_usd": usd or 0.0, "without_price": without_price}
    job = Job("j", JobSpec("generate", "", ""), JobState.DONE, Path("/x"), "", metrics=metrics)
    assert ("unknown" in job_line(job)) == bool(without_price)


def test_an_estimate_at_an_unknown_price_says_so() -> None:
    part = {"provider": "openai", "model": "own", "requests": 4, "price": "no price known", "batch_usd": None,
            "cost_usd": None, "at_most_usd": None}  # fmt: skip
    facts = {"cost_usd": None, "at_most_usd": None, "providers": [part]}
    assert estimate_brief(facts).splitlines() == [
        "estimate: price unknown",
        "openai own: 4 requests, price unknown; no price known",
    ]
    one = told("hello", "Hello.", source={"provider": "openai", "cost_usd": None})
    assert example_row(one, unwanted=False).cells[-1] == "unknown"


def test_how_a_job_goes_is_one_line() -> None:
    given: dict[str, Any] = {"folder": Path("/x"), "created": ""}
    job = Job("j", JobSpec("generate", "", ""), JobState.RUNNING, **given, progress=Progress(5, 10))
    assert "5 of 10" in job_line(replace(job, metrics={"cost_usd": 0.25})) and "$0.25" in job_line(
        replace(job, metrics={"cost_usd": 0.25})
    )
    assert "failed" in job_line(replace(job, state=JobState.FAILED, error="no \x1b[2Jkey"))
    assert "\x1b" not in job_line(replace(job, state=JobState.FAILED, error="no \x1b[2Jkey"))
    assert spec is not None and job_line(None) == "nothing is made yet"
