"""Tasks are read whole or refused by name, laid out afresh, and judged by what is there afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.evaluation.task_files import EDIT, HEAD, LOOK, Told, tasks_of
from training.evaluation.cases import CaseFileError
from training.evaluation.checking import says
from training.evaluation.solving import OUTCOMES, Outcome, solve, solve_all
from training.evaluation.task_report import task_report
from training.evaluation.tasks import read_tasks, tasks_fingerprint
from training.evaluation.unfinished import Unfinished, unfinished
from training.evaluation.workplace import lay_out, taken


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Unfinished[Outcome]]:
    with unfinished(tmp_path / "evaluations", "key", OUTCOMES) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    return made


def edited(folder: Path) -> str:
    (folder / "src" / "boats.py").write_text("def sails():\n    return 3\n")
    return "Done."


def test_a_task_that_was_read_is_whole(tmp_path: Path) -> None:
    look, edit = tasks_of(tmp_path)
    assert (look.id, look.kind, look.repository, look.git) == ("look", "look", "boats", False)
    assert look.solution.calls[0].arguments == {"path": "README.md"}
    assert edit.changes == ("src/*.py",)
    assert tasks_fingerprint((look, edit)) == tasks_fingerprint(tasks_of(tmp_path))
    assert tasks_fingerprint((look,)) != tasks_fingerprint((edit,))


def test_a_folder_holds_repositories(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(HEAD + EDIT)
    (tmp_path / "a.toml").write_text(HEAD + LOOK)
    assert [(task.repository, task.id) for task in read_tasks(tmp_path)] == [("a", "look"), ("b", "edit")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = ", "not TOML"),
        (HEAD, "tasks: Field required"),
        (HEAD + LOOK + LOOK, "the id 'look' was used before"),
        (HEAD + LOOK.replace('kind = "look"', 'kind = "guess"'), "tasks.0.kind"),
        (HEAD + LOOK.replace("{ answer", "{ reply"), "a check has one of the keys answer, file and command"),
        (HEAD + EDIT.replace('file = "src/boats.py", ', 'file = "../boats.py", '), "a path inside"),
        (HEAD + EDIT.replace('contains = ["return 3"], lacks = ["return 2"]', "exists = true"), "give text"),
        (HEAD.replace('"README.md"', '"/README.md"') + LOOK, "a path inside the repository"),
        (HEAD + LOOK.replace("final", "finally"), "tasks.0.final: Field required"),
    ],
    ids=["toml", "no-tasks", "twice", "kind", "check", "outside", "nothing", "absolute", "unknown"],
)
def test_what_is_wrong_is_said_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        tasks_of(tmp_path, text)
    assert all(problem.startswith(str(tmp_path / "boats.toml")) for problem in caught.value.problems)
    assert any(said in problem for problem in caught.value.problems)


def test_no_file_and_no_task_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(CaseFileError) as caught:
            read_tasks(path)
        assert len(caught.value.problems) == 1


async def test_a_solved_task_misses_nothing(tmp_path: Path, folder: Path) -> None:
    look, edit = tasks_of(tmp_path)
    assert (await solve(look, Told(folder, lambda _: "Port 8081"))).solved
    outcome = await solve(edit, Told(folder, edited))
    assert (outcome.solved, outcome.calls, outcome.answer) == (True, ("call",), "Done.")


async def test_everything_that_is_missing_is_said(tmp_path: Path, folder: Path) -> None:
    look, edit = tasks_of(tmp_path)
    wrong = await solve(look, Told(folder, lambda _: "8080, or 80812"))
    assert wrong.missing == ("the answer does not say '8081'", "the answer says '8080'")
    undone = await solve(edit, Told(folder, lambda _: "Done.", passes=False))
    assert undone.missing == (
        "src/boats.py lacks 'return 3'",
        "src/boats.py has 'return 2'",
        "`true` fails: exit code 1 no",
    )


async def test_what_the_task_did_not_ask_for_has_to_stay(tmp_path: Path, folder: Path) -> None:
    def careless(folder: Path) -> str:
        (folder / "src" / "new.py").write_text("")
        (folder / "new.txt").write_text("")
        (folder / "notes.txt").unlink()
        (folder / "README.md").write_text("")
        (folder / "src" / "__pycache__").mkdir()
        (folder / "src" / "__pycache__" / "boats.pyc").write_text("")
        return edited(folder)

    _, edit = tasks_of(tmp_path)
    outcome = await solve(edit, Told(folder, careless))
    assert [line.split(", ")[0] for line in outcome.missing] == [
        "README.md was changed",
        "new.txt was made",
        "notes.txt was removed",
    ]


async def test_a_pipe_and_a_link_are_no_files_and_hang_nothing(tmp_path: Path, folder: Path) -> None:
    def trick(folder: Path) -> str:
        (folder / "src" / "boats.py").unlink()
        os.mkfifo(folder / "src" / "boats.py")
        (folder / "src" / "out.py").symlink_to("/etc/hostname")
        return "Done."

    _, edit = tasks_of(tmp_path)
    outcome = await solve(edit, Told(folder, trick))
    assert outcome.missing == ("there is no file src/boats.py",)


async def test_odd_names_links_and_texts_are_kept_and_told(
    tmp_path: Path, folder: Path, kept: Unfinished[Outcome]
) -> None:
    def trick(folder: Path) -> str:
        (folder / "link").symlink_to("src")
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text("")
        return "8081 \ud800"

    look, _ = tasks_of(tmp_path)
    (outcome,) = await solve_all([look], Told(folder, trick), kept)
    assert [line.split(" was")[0] for line in outcome.missing] == ["link", "\ufffd"]
    assert Unfinished(kept.path, OUTCOMES).made == {"look": outcome}


def test_what_was_made_unwritable_is_removed_all_the_same(tmp_path: Path, folder: Path) -> None:
    look, _ = tasks_of(tmp_path)
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c").write_text("")
    for locked in (folder / "a" / "b", folder / "a"):
        locked.chmod(0)
    lay_out(look, folder)
    assert set(taken(folder)) == {"README.md", "src/boats.py"}


def test_a_folder_is_laid_out_afresh_and_stays_the_same_one(tmp_path: Path, folder: Path) -> None:
    look, edit = tasks_of(tmp_path)
    before = folder.stat().st_ino
    lay_out(edit, folder)
    assert set(taken(folder)) == {"README.md", "notes.txt", "src/boats.py"}
    (folder / "deep" / "er").mkdir(parents=True)
    lay_out(look, folder)
    assert set(taken(folder)) == {"README.md", "src/boats.py"}
    assert folder.stat().st_ino == before


@pytest.mark.parametrize(
    ("check", "content", "said"),
    [
        ('text = "a\\nb"', "a\nb\n", None),
        ('text = "a\\nb"', "a\nb\nc\n", "x.json is not as it should be"),
        ('at = ["a", 0], value = 1', '{"a": [1]}', None),
        ('at = ["a", 0], value = 1', '{"a": [true]}', "a.0 is true, not 1"),
        ('at = ["a", 1], value = 1', '{"a": [1]}', "x.json has no a.1"),
        ('at = ["a"], value = 1', "{", "x.json is not JSON"),
        ("exists = false", "", "x.json is still there"),
    ],
)
async def test_a_file_is_as_the_check_says(
    tmp_path: Path, folder: Path, check: str, content: str, said: str | None
) -> None:
    def write(folder: Path) -> str:
        (folder / "x.json").write_text(content)
        return "Done."

    text = HEAD + LOOK.replace('answer = ["8081"], lacks = ["8080"]', f'file = "x.json", {check}')
    (task,) = tasks_of(tmp_path, text.replace("checks", 'changes = ["x.json"]\nchecks'))
    outcome = await solve(task, Told(folder, write))
    assert outcome.solved if said is None else said in outcome.missing[0]


@pytest.mark.parametrize(
    ("text", "words", "held"),
    [
        ("It is PORT 8081.", "port 8081", True),
        ("8081", "808", False),
        ("in `src/a.py`:", "src/a.py", True),
        ("src/a.pyi", "src/a.py", False),
        ("three  or\nfour", "three or four", True),
        ("-5 °C", "-5", True),
        ("item_count", "count", False),
    ],
)
def test_facts_are_whole_words(text: str, words: str, held: bool) -> None:
    assert says(text, words) is held


async def test_what_was_kept_is_not_done_again(
    tmp_path: Path, folder: Path, kept: Unfinished[Outcome]
) -> None:
    tasks = tasks_of(tmp_path)
    first = Told(folder, lambda _: "8081")
    await solve_all(tasks[:1], first, kept)
    again = Unfinished(kept.path, OUTCOMES)
    second, told = Told(folder, edited), []
    outcomes = await solve_all(tasks, second, again, told.append)
    assert second.requests == ["Make sails() return 3."]
    assert [one.task_id for one in told] == ["edit"]
    assert [one.solved for one in outcomes] == [True, True]
    facts = task_report(tasks, outcomes)
    assert (facts["tasks"], facts["solved"], facts["share"], facts["steps"]) == (2, 2, 1.0, 1.0)
    assert facts["failures"] == []


def test_the_report_counts_by_kind_and_says_what_was_missing(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path)
    outcomes = [
        Outcome("look", ("the answer does not say '8081'",), "No.", ("a", "b"), 2.0),
        Outcome("edit", (), "Done.", (), 1.0),
    ]
    facts = task_report(tasks, outcomes)
    assert (facts["share"], facts["steps"], facts["seconds"]["p50"]) == (0.5, 1.0, 1.0)
    assert facts["kinds"]["look"] == {"tasks": 1, "solved": 0, "share": 0.0, "steps": 2.0}
    assert facts["failures"] == [
        {
            "id": "look",
            "kind": "look",
            "request": "Which port does the README name?",
            "missing": ["the answer does not say '8081'"],
            "calls": ["a", "b"],
            "answer": "No.",
        }
    ]
