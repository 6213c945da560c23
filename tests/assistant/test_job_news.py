"""What the interfaces say of jobs that ended."""

from pathlib import Path

from assistant import paths
from assistant.job_news import news, own_news
from assistant.job_text import ending
from tests.training.jobs.test_news import made
from training.jobs.base import Job, JobSpec, JobState
from training.jobs.store import Jobs


def test_an_end_is_a_line_that_says_what_may_follow(tmp_path: Path) -> None:
    made(tmp_path, "a", {"what": "started"}, {"what": "done"})
    made(tmp_path, "b", {"what": "started"}, {"what": "failed", "error": "no \x1b[31mroom"})
    assert news(Jobs(tmp_path)) == [
        "job done: finetune a student; /train proves it and lets it serve",
        "job failed: finetune a student: no room; /jobs shows why and resumes it",
    ]
    assert news(Jobs(tmp_path)) == []


def test_a_draft_of_a_curation_offers_no_training(tmp_path: Path) -> None:
    """There is no dataset before it is accepted."""
    for result, follows in (({"draft": "draft", "examples": 3}, "/curate"), ({"dataset": "ab12"}, "/train")):
        job = Job("a", JobSpec("curate", "draft", ""), JobState.DONE, tmp_path, "", result=result)
        assert ("/train" in ending(job)) == (follows == "/train") and follows in ending(job)


def test_of_many_the_newest_few_are_named(tmp_path: Path) -> None:
    for number in range(6):
        made(tmp_path, f"job-{number}", {"what": "done"})
    lines = news(Jobs(tmp_path))
    assert lines[0] == "3 more jobs ended: /jobs shows them" and len(lines) == 4


def test_what_ended_while_nothing_was_open_is_told_at_the_next_start() -> None:
    paths.jobs_dir().mkdir(parents=True)
    assert own_news() == []
    made(paths.jobs_dir(), "a", {"what": "started"})
    assert own_news() == ["job interrupted: finetune a student; /jobs shows why and resumes it"]
