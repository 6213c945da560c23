"""What ``last`` means where a run is named."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.cli import watching
from assistant.cli.runs import folder_of
from training.jobs.base import JobError


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """The newest first, as the store has them."""
    found: list[SimpleNamespace] = []
    monkeypatch.setattr(watching, "jobs_store", lambda: SimpleNamespace(all=lambda: found))
    return found


def job(name: str, state: str, kind: str = "finetune") -> SimpleNamespace:
    return SimpleNamespace(id=name, state=state, spec=SimpleNamespace(kind=kind), folder=Path("/jobs") / name)


def test_the_last_run_is_the_newest_fine_tuning(runs: list[SimpleNamespace]) -> None:
    runs += [job("c", "done", "export"), job("b", "done"), job("a", "done")]
    assert folder_of("last") == Path("/jobs/b")


@pytest.mark.parametrize("state", ["failed", "running", "cancelled"])
def test_an_earlier_run_is_not_taken_for_the_last(runs: list[SimpleNamespace], state: str) -> None:
    runs += [job("b", state), job("a", "done")]
    with pytest.raises(JobError, match=f"the last run, b, is {state}; a is the last one that ended"):
        folder_of("last")


def test_where_no_run_ended_none_is_offered(runs: list[SimpleNamespace]) -> None:
    with pytest.raises(JobError, match="there is no fine-tuning run; apprentice train run"):
        folder_of("last")
    runs.append(job("a", "failed"))
    with pytest.raises(JobError, match=r"the last run, a, is failed$"):
        folder_of("last")
