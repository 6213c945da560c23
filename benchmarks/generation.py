"""How much a generation adds to what its teacher takes, and whether its memory stays flat.

The teacher replies after a fixed latency, four wordings at a time: in this process, or with ``--loopback``
over the real SDK from a server in a process of its own. Ideal is ``requests * latency / concurrency``. All
filters, the journal, the checkpoints and the files are the real ones.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from measuring import ROOT, parser, report
from teachers import resident_mb, serve, served

sys.path.insert(0, str(ROOT))

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature
from training.datasets.example import Example, example_id
from training.generation.plan import Plan
from training.generation.run import Generation, Parts, Step
from training.generation.settings import GenerationSettings
from training.generation.work import FOLDER, Work
from training.teachers.base import (
    FREE,
    ProviderConfig,
    Spend,
    TeacherProvider,
    TeacherReply,
    TeacherRequest,
    Tokens,
)
from training.teachers.create import create_provider
from training.teachers.prices import price_list
from training.teachers.run import TeacherRun

CONFIG = ProviderConfig("openai", "gpt-4o-mini", "http://127.0.0.1:1", concurrency=32)
READ = Signature(
    "read_file",
    "Read a file.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
OPENINGS = ("open", "could you please read", "I would like to know what stands in", "what is there in")
_WORDS = "amber birch cedar delta ember fjord grove heron inlet jetty karst lagoon maple otter pearl quartz"
WORDS = _WORDS.split()


class Files:
    """Fulfils ``Source``: a request for a file of its own each."""

    async def make(self, index: int) -> Example:
        path = "/".join(WORDS[index // 16**place % 16] for place in range(5)) + ".py"
        turns = (
            Message("user", text=f"show {path}"),
            Message("assistant", calls=(ToolCall("c1", "read_file", {"path": path}),)),
        )
        return Example(
            example_id(turns, (READ,)), turns, (READ,), source={"template": "read", "language": "en"}
        )


class Wording:
    """Fulfils ``TeacherProvider``."""

    config = CONFIG

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._room = asyncio.Semaphore(CONFIG.concurrency)

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        async with self._room:
            await spend.attempt()
            await asyncio.sleep(self._latency_s)
            data = wordings(request.messages[0].text)
            tokens = Tokens(900, 0, 0, 120)
            return TeacherReply(data=data, tokens=tokens, provider="openai", model=CONFIG.model)

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return 900, "counted by a benchmark"

    async def close(self) -> None:
        return None


def wordings(prompt: str) -> dict[str, Any]:
    """The reply to a prompt: its verbatim path in four requests."""
    path = orjson.loads(prompt.split("Verbatim:\n")[1].splitlines()[0])[0]
    return {"requests": [{"request": f"{opening} {path}", "answer": ""} for opening in OPENINGS]}


def completion(body: bytes) -> bytes:
    """The same as OpenAI's API writes it."""
    said = orjson.dumps(wordings(orjson.loads(body)["messages"][-1]["content"])).decode()
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 900, "completion_tokens": 120}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": CONFIG.model}
    return orjson.dumps({**whole, "choices": [choice], "usage": usage})


@asynccontextmanager
async def teaching(latency_s: float, *, loopback: bool) -> AsyncIterator[TeacherProvider]:
    if not loopback:
        yield Wording(latency_s)
        return
    async with served(str(Path(__file__)), "--serve", "--latency-ms", str(latency_s * 1000)) as port:
        teacher = create_provider(replace(CONFIG, base_url=f"http://127.0.0.1:{port}/v1"))
        yield teacher
        await teacher.close()


async def generate(
    folder: Path, teacher: TeacherProvider, examples: int, latency_s: float
) -> tuple[dict[str, Any], dict[str, float]]:
    """A row of figures, and the memory at each quarter."""
    settings = GenerationSettings(languages=("en",), near=0.95)
    plan = Plan(examples, str(folder), {"openai": 100}, (teacher.config,), settings=settings)
    memory: dict[str, float] = {}

    def told(step: Step) -> None:
        if step.examples % max(examples // 4, 1) == 0:
            memory[str(step.examples)] = round(resident_mb(), 1)

    with TeacherRun(folder / FOLDER, price_list(), max_cost_usd=1e6) as run:
        work = Work(folder, plan.identity(), resume=True)
        generation = Generation(plan, Parts(Files(), run, {"openai": teacher}), work, told)
        started, processor = time.perf_counter(), time.process_time()
        await generation.run()
        wall, took = time.perf_counter() - started, time.process_time() - processor
        work.close()
        requests = run.metrics.requests
    ideal = requests * latency_s / CONFIG.concurrency
    return {
        "examples": examples,
        "requests": requests,
        "seconds": round(wall, 2),
        "examples_per_s": round(examples / wall, 1),
        "share_of_ideal": round(ideal / wall, 3) if latency_s else None,
        "processor_ms_per_example": round(took / examples * 1000, 3),
    }, memory


async def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--examples", type=int, default=4000)
    options.add_argument("--latency-ms", type=float, default=500)
    options.add_argument("--loopback", action="store_true", help="over the real SDK")
    options.add_argument("--serve", action="store_true", help="be the server")
    given = options.parse_args()
    latency_s = given.latency_ms / 1000
    if given.serve:
        await serve(completion, latency_s)
        return
    with tempfile.TemporaryDirectory() as folder:
        async with teaching(latency_s, loopback=given.loopback) as teacher:
            row, memory = await generate(Path(folder) / "out", teacher, given.examples, latency_s)
    facts = {"MB of memory after examples": memory, "target": "share of at least 90 %, memory flat"}
    where = "on loopback" if given.loopback else "in this process"
    report(f"a generation over a teacher {where}", [row], facts, given.json)


if __name__ == "__main__":
    os.environ.setdefault("OPENAI_API_KEY", "none")
    asyncio.run(main())
