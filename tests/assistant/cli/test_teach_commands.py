"""``apprentice teach`` through the real SDKs, against servers on loopback."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from assistant import paths
from assistant.cli.main import main
from assistant.teach_text import metadata_text
from tests.training.generation.making import FIND, READ, FakeSource, example
from tests.training.generation.wording import server_of, serving
from training.datasets.example import from_line, read, to_line
from training.events.logger import AgentDecisionLogger
from training.generation.work import FOLDER
from training.teachers.batches.running import batched
from training.teachers.ledger import read_ledger

pytestmark = pytest.mark.slow
CANARY = "sk-canary-teach-77"
PRICES = """
[[model]]
provider = "openai"
name = "teacher-1"
input = 10
output = 40
batch = 0.5
[[model]]
provider = "anthropic"
name = "teacher-1"
input = 10
output = 40
batch = 0.5
"""


class Done:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert CANARY not in out + err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Bench:
    """Servers, a source without a sandbox, and the command line."""

    def __init__(self, stack: ExitStack, tmp_path: Path, patch: pytest.MonkeyPatch, capfd: Any) -> None:
        self._stack, self._patch, self._capfd = stack, patch, capfd
        self.folder = tmp_path / "out"
        self.source = FakeSource()

    def serve(self, protocol: str, **given: Any) -> Any:
        server = server_of(protocol, **given)
        self._stack.enter_context(serving(server))
        self._patch.setenv(f"APPRENTICE_TEACHERS__{protocol.upper()}_URL", server.url)
        return server

    def __call__(self, *arguments: object) -> Done:
        code = main(["teach", *(str(argument) for argument in arguments)])
        return Done(code, *self._capfd.readouterr())

    def generate(self, *arguments: object, examples: int = 12, provider: str = "openai") -> Done:
        given = ("--provider", provider) if provider else ()
        return self(
            *("generate", *given, "--num-examples", examples, "--output-dir", self.folder, "--json"),
            *arguments,
        )


@pytest.fixture
def bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    for name in ("OPENAI_MODEL", "ANTHROPIC_MODEL"):
        monkeypatch.setenv(f"APPRENTICE_TEACHERS__{name}", "teacher-1")
    monkeypatch.setenv("APPRENTICE_TEACHERS__PRICES", str(prices))
    monkeypatch.setenv("APPRENTICE_GENERATION__NEAR", "1")
    monkeypatch.setenv("APPRENTICE_GENERATION__LANGUAGES", '["en"]')
    monkeypatch.setattr("training.teachers.counting.vocabulary", lambda model: None)
    with ExitStack() as stack:
        made = Bench(stack, tmp_path, monkeypatch, capfd)

        @asynccontextmanager
        async def source(plan: Any) -> Any:
            yield made.source

        monkeypatch.setattr("training.generation.running.scripted_source", source)
        yield made


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_generate_writes_examples_and_their_metadata(bench: Bench, protocol: str) -> None:
    server = bench.serve(protocol)
    done = bench.generate("--temperature", 0.7, provider=protocol)
    assert done.code == 0, done.err
    examples = list(read(bench.folder / "train.jsonl"))
    metadata = json.loads((bench.folder / "train_metadata.json").read_text())
    assert done.json == metadata and metadata["examples"] == len({one.id for one in examples}) == 12
    assert metadata["costs"]["replies"] == 3 == server.billed.total()
    assert metadata["costs"]["cost_usd"] > 0 and "estimate: $" in done.err
    source = examples[0].source
    assert (source["provider"], source["prompt_version"]) == (protocol, "multiply-1")
    assert source["cost_usd"] > 0 and source["style"] and source["template"]
    for path in bench.folder.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_providers_are_mixed_by_ratio(bench: Bench) -> None:
    bench.serve("openai")
    bench.serve("anthropic")
    done = bench.generate(
        "--providers", "anthropic,openai,scripted", "--mix-ratio", "40,40,20", provider="", examples=20
    )
    assert done.code == 0, done.err
    assert done.json["figures"]["providers"] == {"anthropic": 8, "openai": 8, "scripted": 4}


def test_a_hard_budget_stops_and_a_resume_pays_for_nothing_twice(bench: Bench) -> None:
    server = bench.serve("openai")
    done = bench.generate("--max-cost", 0.08, "--max-tokens", 400, "--yes", examples=200)
    assert done.code == 1 and "raise --max-cost and resume" in done.err
    assert read_ledger(bench.folder / FOLDER).total.cost_usd <= 0.08
    assert not (bench.folder / "train.jsonl").exists()
    assert "--resume goes on" in bench.generate(examples=200).err
    done = bench.generate("--max-cost", 5, "--max-tokens", 400, "--yes", "--resume", examples=200)
    assert done.code == 0 and len(list(read(bench.folder / "train.jsonl"))) == 200
    assert set(server.billed.values()) == {1}


def test_what_costs_much_is_asked_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    server = bench.serve("openai")
    monkeypatch.setenv("APPRENTICE_TEACHERS__CONFIRM_USD", "0.001")
    done = bench.generate()
    assert done.code == 2 and "give --yes" in done.err and not server.chats
    done = bench.generate("--model", "unpriced")
    assert done.code == 2 and "not known" in done.err and not server.chats
    assert bench.generate("--yes").code == 0


def test_an_unknown_price_is_said_to_the_end(bench: Bench) -> None:
    bench.serve("openai")
    done = bench.generate("--model", "unpriced", "--yes")
    assert done.code == 0 and "estimate: price unknown" in done.err and "$0.0" not in done.err
    costs = done.json["costs"]
    assert costs["cost_usd"] is None and costs["without_price"] == costs["replies"] == 3
    assert done.json["figures"]["cost_usd_of_examples"] is None
    assert "cost: price unknown for 3 replies" in metadata_text(done.json, "examples")


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_batch_is_handed_over_and_half_the_price_is_shown(
    bench: Bench, monkeypatch: Any, protocol: str
) -> None:
    monkeypatch.setattr("training.generation.running.batched", partial(batched, poll_s=0.01))
    server = bench.serve(protocol)
    done = bench.generate("--batch", examples=16, provider=protocol)
    assert done.code == 0 and "as a batch" in done.err, done.err
    costs = json.loads((bench.folder / "train_metadata.json").read_text())["costs"]
    assert costs["batched"] == 3 and costs["saved_by_batch_usd"] > 0 and len(server.batches) == 1
    assert set(server.billed.values()) == {1} and server.billed.total() == 4


def test_soft_labels_are_the_distribution_over_the_tools(bench: Bench) -> None:
    bench.serve("openai")
    done = bench.generate("--way", "label", "--soft-labels", examples=6)
    assert done.code == 0, done.err
    examples = list(read(bench.folder / "train.jsonl"))
    assert all(one.shares["read_file"] > 0.9 > one.shares["search_files"] for one in examples)
    assert all(one.messages[-1].calls for one in examples)
    assert done.json["figures"]["with_soft_labels"] == 6


def test_an_estimate_needs_no_key_and_a_run_does(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    mixed = ("--providers", "openai,anthropic", "--num-examples", 1000)
    done = bench("estimate", *mixed, "--json")
    assert done.code == 0 and done.json["cost_usd"] > 0, done.err
    assert {one["counted"] for one in done.json["providers"]} == {"about, at 4 bytes a token"}
    done = bench("generate", *mixed, "--output-dir", bench.folder, "--yes")
    assert done.code == 1 and "needs a key" in done.err and not bench.folder.exists()


def test_an_estimate_charges_nothing(bench: Bench) -> None:
    server = bench.serve("openai")
    done = bench("estimate", "--provider", "openai", "--num-examples", 1000, "--json")
    assert done.code == 0 and not server.chats
    one = done.json["providers"][0]
    assert one["requests"] == 250 and 0 < one["cost_usd"] < one["at_most_usd"]
    assert one["batch_usd"] == pytest.approx(one["cost_usd"] / 2)
    done = bench("estimate", "--provider", "scripted", "--num-examples", 10, "--json")
    assert done.json["cost_usd"] == 0


def test_a_missing_key_is_one_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    done = bench.generate("--yes")
    assert done.code == 1 and "export OPENAI_API_KEY" in done.err and done.err.count("\n") == 1


def row(number: int, tool: str = "read_file") -> dict[str, Any]:
    tools = [
        {"name": one.name, "description": one.description, "parameters": one.parameters}
        for one in (READ, FIND)
    ]
    return {
        "event_id": f"event-{number}",
        "context": {"request": f"open file{number}.py"},
        "tools_available": tools,
        "tool_selected": tool,
        "tool_parameters": {"path": f"file{number}.py"},
    }


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [row(1), row(2, "search_files")]
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines) + to_line(example()))
    return path


def test_grade_says_what_a_teacher_thinks_in_words(bench: Bench, rows: Path, tmp_path: Path) -> None:
    server = bench.serve("openai")
    output = tmp_path / "grades.jsonl"
    done = bench("grade", "--provider", "openai", "--input", rows, "--output", output, "--json")
    assert done.code == 0, done.err
    assert done.json["graded"] == 3 and done.json["arguments"] == 1.0 and done.json["costs"]["cost_usd"] > 0
    assert len(output.read_text().splitlines()) == 3
    again = bench("grade", "--provider", "openai", "--input", rows)
    assert again.code == 0 and "\x1b" not in again.out and "of 2: tool 2.00" in again.out
    assert server.billed.total() == 3


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    lines = [
        {
            "id": str(number),
            "request": request,
            "expected": [{"tool": "read_file", "arguments": {"path": "*"}}],
        }
        for number, request in enumerate(("open the Makefile", "show me src/cache.py"))
    ]
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))
    return path


@pytest.mark.gguf
def test_the_student_decides_on_cases_once_and_that_is_graded(bench: Bench, cases: Path) -> None:
    server = bench.serve("openai")
    stopped = bench("grade", "--provider", "openai", "--cases", cases, "--max-cost", 0)
    assert stopped.code == 1 and "--max-cost" in stopped.err
    done = bench("grade", "--provider", "openai", "--cases", cases, "--json")
    assert done.code == 0 and "2 of 2 cases are done already; --fresh begins anew" in done.err
    assert [one["request"] for one in done.json["grades"]] and done.json["graded"] == 2
    assert all(one["decision"] for one in done.json["grades"])
    again = bench("grade", "--provider", "openai", "--cases", cases, "--fresh", "--json")
    assert again.code == 0 and "done already" not in again.err
    assert server.billed.total() == 2, "the same decisions are graded by the replies that were paid for"


def test_a_teacher_that_cannot_be_asked_is_said_before_the_student_works(
    bench: Bench, cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.cli.eval_run.evaluated", lambda *_, **__: pytest.fail("it worked"))
    monkeypatch.delenv("OPENAI_API_KEY")
    done = bench("grade", "--provider", "openai", "--cases", cases)
    assert done.code == 1 and "export OPENAI_API_KEY" in done.err
    monkeypatch.delenv("APPRENTICE_TEACHERS__ANTHROPIC_MODEL")
    done = bench("grade", "--provider", "anthropic", "--cases", cases)
    assert done.code == 1 and "--model NAME" in done.err and done.err.count("\n") == 1


def test_relabel_writes_rows_with_the_teachers_fields(bench: Bench, rows: Path, tmp_path: Path) -> None:
    bench.serve("openai")
    output = tmp_path / "labels.jsonl"
    done = bench(
        "relabel", "--provider", "openai", "--input", rows, "--output", output, "--soft-labels", "--json"
    )
    assert done.code == 0, done.err
    assert (done.json["labelled"], done.json["same_tool"]) == (3, 1)
    first, _, third = output.read_bytes().splitlines()
    labelled = orjson.loads(first)
    assert labelled["teacher_tool"] == "read_file" and labelled["teacher_parameters"] == {"path": "file1.py"}
    assert labelled["teacher_confidence"] > 0.9 and labelled["event_id"] == "event-1"
    assert from_line(third).messages[-1].calls[0].tool == "read_file"


def test_several_teachers_vote_and_their_agreement_is_said(bench: Bench, rows: Path) -> None:
    bench.serve("openai")
    bench.serve("anthropic")
    both = ("--provider", "openai", "--provider", "anthropic")
    done = bench("relabel", *both, "--input", rows, "--json")
    assert done.code == 0, done.err
    assert done.json["labelled"] == 0 and done.json["agreement"]["tools"]["pairwise"] == 0.0


def test_a_bad_line_of_decisions_is_named(bench: Bench, tmp_path: Path) -> None:
    bench.serve("openai")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"no": "decision"}\n')
    done = bench("grade", "--provider", "openai", "--input", bad)
    assert done.code == 1 and "line 1" in done.err and done.err.count("\n") == 1


def test_the_log_goes_first_where_that_is_asked_for(bench: Bench) -> None:
    asyncio.run(_logged())
    server = bench.serve("openai")
    done = bench.generate("--from-log", examples=8)
    assert done.code == 0 and "2 decisions of the log go first" in done.err
    asked = [json.loads(one.body)["messages"][-1]["content"] for one in server.chats]
    assert "find cache" in asked[0] and "search_files" in asked[0], "the corrected one, to be worded anew"
    assert asked[1] == "open unsure.py", "the unsure one, to be labelled"
    labelled = [
        one for one in read(bench.folder / "train.jsonl") if one.source.get("seed") and len(one.messages) == 2
    ]
    assert any(one.messages[0].text == "open unsure.py" for one in labelled)


async def _logged() -> None:
    logger = AgentDecisionLogger(paths.events_dir())
    tools = [vars(READ), vars(FIND)]
    review = {
        "verdict": "corrected",
        "corrected_tool": "search_files",
        "corrected_parameters": {"pattern": "cache"},
    }
    for request, tool, confidence, said in [
        ("find cache", "read_file", 0.9, review),
        ("open unsure.py", "read_file", 0.2, None),
        ("open sure.py", "read_file", 0.99, None),
    ]:
        await logger.log_decision(
            "agent", {"request": request}, tools, tool, "", confidence,
            tool_parameters={"path": request.split()[-1]}, review=said,
        )  # fmt: skip
    logger.close()


def test_without_a_folder_the_examples_lie_outside_the_workspace(bench: Bench) -> None:
    done = bench("generate", "--provider", "scripted", "--num-examples", 2)
    assert done.code == 0, done.err
    assert (paths.examples_dir(Path.cwd()) / "train.jsonl").exists()
    assert str(paths.examples_dir(Path.cwd())) in done.out and not (Path.cwd() / "train.jsonl").exists()
