"""``apprentice models students|lineage|compare|deploy|rollback`` over a registry of the test's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from tests.training.registry.students import parts, sha256
from tests.training.student.tiny_adapter import write_adapter
from training.events import open_log
from training.registry import Base, Registered
from training.registry.comparisons import RAW, keep
from training.registry.promotion import Outcome, Promotion
from training.registry.serving import own_registry
from training.student.gguf import embedded_model


class Done:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Run = Callable[..., Done]


pytestmark = pytest.mark.usefixtures("nothing_shipped")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPRENTICE_MODELS__ENDPOINTS", "[]")
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> Done:
        code = main(["models", *arguments])
        return Done(code, *capfd.readouterr())

    return run_command


@pytest.fixture
def base(tmp_path: Path) -> Base:
    path = tmp_path / "base.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 80)
    return Base(model=str(path), sha256=sha256(path), name="Base", license="mit")


@pytest.fixture
def add(tmp_path: Path, base: Base) -> Callable[..., Registered]:
    return lambda name, /, **changed: own_registry().add(
        parts(tmp_path / "from", name, **{"base": base} | changed)
    )


def judged(candidate: str, other: str, outcome: Outcome = "better") -> None:
    keep(
        own_registry(),
        candidate,
        other,
        Promotion(outcome, f"{outcome}: as measured", (), None),
        "cases.jsonl",
    )


def told() -> list[tuple[str, str, Any]]:
    log = open_log()
    found = [(one.event_type, one.aggregate_id, one.data) for one in log.read()]
    log.close()
    return found


def test_an_empty_registry_says_how_to_fill_it(run: Run) -> None:
    assert run("students").out == "no trained students yet; apprentice train run makes one\n"
    assert json.loads(run("students", "--json").out) == []
    for command in (("lineage", "x"), ("deploy", "x"), ("rollback", "x")):
        done = run(*command)
        assert (done.code, done.err) == (
            1,
            "apprentice: there is no student 'x'; apprentice models students shows them\n",
        )
    assert run("rollback").err == "apprentice: nothing was deployed, so there is nothing to roll back\n"


def test_nothing_is_deployed_before_it_is_better(run: Run, add: Callable[..., Registered]) -> None:
    one, two = add("one"), add("two")
    done = run("deploy", one.id)
    assert done.code == 1
    assert (
        f"was not compared with what serves now (base); apprentice models compare {one.id} --log" in done.err
    )
    judged(one.id, RAW)
    assert run("deploy", one.id).out == f"now serves: {one.id} (one)\n"
    judged(two.id, RAW)
    assert run("deploy", two.id).code == 1
    judged(two.id, one.id, "not worse")
    done = run("deploy", "two")
    assert (
        done.err == f"apprentice: {two.id} (two) is not worse: as measured; --force deploys it all the same\n"
    )
    assert run("deploy", "two", "--not-worse").out == f"now serves: {two.id} (two); before: {one.id}\n"
    assert run("deploy", "two").code == 0
    failed = add("failed", gate="failed")
    assert "the conversion gate was failed" in run("deploy", failed.id).err
    assert json.loads(run("deploy", failed.id, "--force", "--json").out) == {
        "deployed": failed.id,
        "before": two.id,
    }
    assert run("rollback", one.id).out == f"now serves: {one.id} (one); before: {failed.id}\n"
    deployed = [(data["model_id"], data["forced"]) for kind, _, data in told() if kind == "MODEL_DEPLOYED"]
    assert deployed == [(one.id, False), (two.id, False), (failed.id, True), (one.id, False)]
    assert {name for kind, name, _ in told() if kind == "MODEL_TRAINED"} == {one.id, two.id, failed.id}


def test_what_the_log_missed_is_told_once(run: Run, add: Callable[..., Registered]) -> None:
    one = add("one")
    own_registry().deploy(one.id)
    own_registry().rollback()
    run("students")
    run("students")
    kinds = [(kind, name) for kind, name, _ in told()]
    assert kinds == [("MODEL_TRAINED", one.id), ("MODEL_DEPLOYED", one.id), ("MODEL_DEPLOYED", "base")]


def test_deploying_sets_the_base_where_another_model_is_set(run: Run, add: Callable[..., Registered]) -> None:
    one = add("one")
    judged(one.id, RAW)
    done = run("deploy", one.id)
    assert done.code == 0
    listed = json.loads(run("list", "--json").out)
    assert (listed[0]["id"], listed[0]["state"], listed[0]["adapter"]) == (
        one.id,
        "deployed",
        str(one.adapter),
    )
    assert [line["state"] for line in listed if line["id"] == "embedded"] == ["embedded"]
    (students,) = json.loads(run("students", "--json").out)
    assert (students["id"], students["state"], students["gate"]) == (one.id, "deployed", "passed")
    assert students["lineage"]["run_id"] == "run-one"


def test_settings_that_are_stronger_are_said(
    run: Run, add: Callable[..., Registered], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = add("one")
    judged(one.id, RAW)
    monkeypatch.setenv("APPRENTICE_STUDENT__MODEL", "embedded")
    done = run("deploy", one.id)
    assert done.code == 0
    assert "the student here is still embedded, set by environment variable" in done.err
    assert f"{one.id} does not serve here: the settings name another model or adapter" in done.err


def test_lineage_is_all_that_is_known(run: Run, add: Callable[..., Registered]) -> None:
    one = add("one", name="evil\x1b[2Jname")
    own_registry().deploy(one.id)
    judged(one.id, RAW, "worse")
    text = run("lineage", one.id).out
    assert "\x1b" not in text
    for known in (
        "run-one",
        "worse: as measured",
        "c" * 40,
        "score 0.900",
        "adapter.gguf",
        one.manifest.files["adapter.gguf"].sha256,
    ):
        assert known in text
    facts = json.loads(run("lineage", one.id, "--json").out)
    assert (
        facts["base"]["license"] == "mit" and facts["report"] is None and list(facts["comparisons"]) == [RAW]
    )
    assert [change["action"] for change in facts["history"]] == ["deployed"]


def test_damaged_students_are_seen(run: Run, add: Callable[..., Registered]) -> None:
    one, two = add("one"), add("two")
    (two.folder / "student.json").write_text("{")
    assert f"damaged: {two.folder}" in run("students").out
    assert one.adapter
    one.adapter.write_bytes(b"")
    assert "is damaged: adapter.gguf is not what was registered" in run("deploy", one.id, "--force").err


def test_removing_a_student_that_nobody_needs(run: Run, add: Callable[..., Registered]) -> None:
    one, two = add("one"), add("two")
    own_registry().deploy(one.id)
    assert run("rm", two.id).err == f"apprentice: {two.id} was not removed; give --yes\n"
    assert run("rm", two.id, "--yes").out.startswith(f"{two.id} (two, 0 MB) was removed")
    assert "it is kept" in run("rm", one.id, "--yes").err
    assert [student.id for student in own_registry().all()] == [one.id]


def test_wrong_cases_and_the_same_student_twice_are_refused(
    run: Run, add: Callable[..., Registered], tmp_path: Path
) -> None:
    one = add("one")
    (tmp_path / "cases.jsonl").write_text("{}\n")
    assert run("compare", one.id, "--cases", str(tmp_path / "cases.jsonl")).code == 2
    right = {"id": "a", "request": "thanks", "expected": [{"tool": "answer"}]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(right))
    done = run("compare", one.id, one.id, "--cases", str(tmp_path / "cases.jsonl"))
    assert (done.code, done.err) == (
        1,
        f"apprentice: {one.id} is compared with itself; name another student\n",
    )
    assert "give one of --cases FILE and --log" in run("compare", one.id).err
    assert "no event log is in" in run("compare", one.id, "--log").err


def test_retiring_a_candidate_and_what_serves(run: Run, add: Callable[..., Registered]) -> None:
    one, two = add("one"), add("two")
    own_registry().deploy(one.id)
    assert run("retire", two.id).out == f"{two.id} is retired\n"
    assert run("retire", two.id).err == f"apprentice: {two.id} is retired already\n"
    done = run("retire", one.id)
    assert done.out == f"now serves: the base without a trained student; before: {one.id}\n"
    assert [data["action"] for kind, _, data in told() if kind == "MODEL_DEPLOYED"] == [
        "deployed",
        "retired",
        "rolled back",
    ]


@pytest.mark.gguf
@pytest.mark.timeout(600)
def test_a_worse_student_is_found_out_and_not_deployed(
    run: Run, add: Callable[..., Registered], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = write_adapter(tmp_path / "noise.gguf", scale=0.6)
    monkeypatch.setenv("APPRENTICE_STUDENT__CALL_TOKENS", "24")
    monkeypatch.setenv("APPRENTICE_MODELS__LEAST_DECISIONS", "8")
    one = add("one", adapter=noise, base=Base(model="embedded", sha256=sha256(embedded_model())))
    cases = tmp_path / "cases.jsonl"
    right = [{"tool": "read_file", "arguments": {"path": "*"}}]
    lines = [{"id": name, "request": f"read {name}.py", "expected": right} for name in "abcdefgh"]
    cases.write_text("\n".join(json.dumps(line) for line in lines))
    done = run("compare", one.id, "--cases", str(cases), "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["candidate"], found["other"], found["cases"]) == (one.id, "base", 8)
    assert found["outcome"] == "worse"
    assert "is worse: tool accuracy" in run("deploy", one.id).err
    measured = {name: data for kind, name, data in told() if kind == "MODEL_EVALUATED"}
    assert (
        measured[one.id]["metrics"]["outcome"] == "worse" and measured[one.id]["metrics"]["against"] == "base"
    )
    assert measured["base"]["cases"] == 8 and measured["base"]["tool_accuracy"] > 0.8
    assert run("compare", one.id, "--cases", str(cases)).out.startswith(f"8 cases of {cases}\n\nMEASURE")
