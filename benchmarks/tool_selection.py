"""The ranker of tools, what a prompt says of them, what a call adds, and calls side by side.

The ranker is judged on the held-out requests in ``requests/``, which it was never fitted on, and timed over
them, each ranked once a round. Tokens are counted with the embedded student's vocabulary. Four tools of 50 ms
are run one after another and together, in turn.

With ``--student`` the embedded student chooses the tool for every plain request, three times: out of all, out
of the short list, and out of a bundle, whose prompt's prefix is kept. Whole calls: ``apprentice eval tools``.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from measuring import ROOT, parser, quantile, report

sys.path.insert(0, str(ROOT))

from tools.base import ToolContext
from tools.calls import ToolCall, ToolResult
from tools.executor import Executor
from tools.functions import function_tool
from tools.protocol.messages import Conversation, Message, Prompt
from tools.protocol.render import plain_text, render
from tools.protocol.signatures import compress
from tools.registry import ANSWER, Registry, builtin_registry
from tools.selection.model import shipped_model
from tools.selection.offer import Offer, Offers, Way, everything, likely
from tools.selection.ranker import Ranker
from tools.selection.tokens import full_schema

FILES = ("plain", "hard", "restraint")
SLOW_TOOL_S = 0.05
TOGETHER = 4
SOURCE = "".join(f"value_{number} = {number}\n" for number in range(40))
CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("read_file", {"path": "src/app.py"}, SOURCE),
    (
        "read_file",
        {"path": "src/app.py", "start_line": 10, "end_line": 20},
        "".join(SOURCE.splitlines(True)[9:20]),
    ),
    ("list_files", {"path": "src"}, "src/app.py"),
    ("search_files", {"pattern": "value_17"}, "src/app.py:18: value_17 = 17"),
    ("write_file", {"path": "notes.txt", "content": "milk and bread"}, ""),
    ("edit_file", {"path": "src/app.py", "old_text": "value_3 = 3", "new_text": "value_3 = 4"}, ""),
]
WRITTEN = ("content", "old_text", "new_text")

THREADS = min(len(os.sched_getaffinity(0)), 8)
STATES_BYTES = 256 << 20
SILENT: dict[str, Any] = {}
"""What llama.cpp calls instead of printing, kept for as long as it may."""

Count = Callable[[str], int]


def requests(name: str) -> list[tuple[str, set[str]]]:
    """Held-out requests, each with the tools that are right first."""
    lines = (ROOT / "benchmarks" / "requests" / f"{name}.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [
        (case.get("request") or case["messages"][-1]["content"], {one["tool"] for one in case["expected"]})
        for case in cases
    ]


def accuracy(name: str) -> dict[str, Any]:
    """How often the right tool is first, and among three, where one is needed; and whether it is offered."""
    ranker, tools = Ranker(shipped_model()), builtin_registry().signatures()
    asked = requests(name)
    first = three = needing = offered = held = 0
    for request, right in asked:
        ranked = ranker.rank(request, tools)
        wanted = likely(ranked)
        offered += len(wanted)
        held += bool(right & wanted)
        if ANSWER.name not in right:
            names = [one.tool for one in ranked if one.tool != ANSWER.name]
            needing += 1
            first += names[0] in right
            three += bool(right & set(names[:3]))
    return {
        "requests": name,
        "n": len(asked),
        "need a tool": needing,
        "right first": first / needing if needing else "-",
        "among three": three / needing if needing else "-",
        "in the short list": held / len(asked),
        "tools in it": offered / len(asked),
    }


def speed(rounds: int) -> dict[str, float]:
    """Rankings a second: of requests that come for the first time, and over all rounds."""
    ranker, tools = Ranker(shipped_model()), builtin_registry().signatures()
    texts = [request for name in FILES for request, _ in requests(name)]
    rates, busy = [], []
    for _ in range(rounds):
        started, used = time.perf_counter(), time.process_time()
        for text in texts:
            ranker.rank(text, tools)
        rates.append(len(texts) / (time.perf_counter() - started))
        busy.append(len(texts) / (time.process_time() - used))
    return {
        "rankings a second, median": statistics.median(rates),
        "of processor time, median": statistics.median(busy),
        "of processor time, first round": busy[0],
    }


def sizes(count: Count) -> dict[str, float]:
    """Tokens of the tools in the prompt: as JSON Schemas, and as one-line signatures."""
    tools = builtin_registry().signatures()
    schemas = count(json.dumps([full_schema(tool) for tool in tools]))
    plain = count("\n".join(compress(tool, describe=False) for tool in tools))
    described = count("\n".join(compress(tool) for tool in tools))
    return {
        "tokens of the tools as JSON Schemas": schemas,
        "as signatures": plain,
        "as signatures with descriptions": described,
        "times fewer": schemas / plain,
        "times fewer with descriptions": schemas / described,
    }


async def growth(count: Count) -> dict[str, Any]:
    """Tokens that a call adds to the prompt beyond the content: median and most over some plain calls."""
    added = []
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        (Path(folder) / "src").mkdir()
        (Path(folder) / "src" / "app.py").write_text(SOURCE, encoding="utf-8")
        executor = Executor(builtin_registry(), ToolContext(Path(folder).resolve()))
        for tool, arguments, asked_for in CALLS:
            call = ToolCall("c", tool, arguments)
            result = await executor.run(call)
            assert result.success and asked_for in result.text, result
            written = "".join(json.dumps(value) for name, value in arguments.items() if name in WRITTEN)
            added.append(_longer(call, result, count) - count(asked_for) - count(written))
    return {"tokens a call adds, median": statistics.median(added), "tokens a call adds, most": max(added)}


def _longer(call: ToolCall, result: ToolResult, count: Count) -> int:
    before = (Message("user", "go"),)
    after = (*before, Message("assistant", calls=(call,)), Message("tool", result.text, tool=call.tool))
    whole, start = (
        count(plain_text(render(Conversation(Prompt("x"), (), turns)))) for turns in (after, before)
    )
    return whole - start


async def side_by_side(rounds: int) -> dict[str, float]:
    """Milliseconds of four reading calls of 50 ms, one after another and together."""

    def nap() -> str:
        """Take a while, as a slow disk does."""
        time.sleep(SLOW_TOOL_S)
        return "done"

    executor = Executor(Registry([function_tool(nap)]), ToolContext(Path.cwd()))
    calls = [ToolCall(str(number), "nap") for number in range(TOGETHER)]
    alone, together = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        for call in calls:
            await executor.run(call)
        alone.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        await executor.run_parallel(calls)
        together.append((time.perf_counter() - started) * 1000)
    one, all_ = statistics.median(alone), statistics.median(together)
    return {
        "four calls of 50 ms one after another, ms": one,
        "four calls of 50 ms together, ms": all_,
        "times faster": one / all_,
    }


class Chooser:
    """The embedded student as far as the tool's name."""

    def __init__(self) -> None:
        from training.student.engine import Engine
        from training.student.gguf import embedded_model
        from training.student.prefixes import Prefixes
        from training.student.prompt import prompt_for
        from training.student.rendering import Renderer

        self._engine = Engine(embedded_model(), context_tokens=4096, threads=THREADS)
        self._prefixes = Prefixes(self._engine, STATES_BYTES)
        self._renderer = Renderer(self._engine)
        self._prompt = prompt_for("embedded")

    def choose(self, request: str, offer: Offer) -> str:
        """The tool, out of what is offered."""
        from training.student.names import choose

        conversation = Conversation(self._prompt, offer.shown, (Message("user", request),))
        self._prefixes.evaluate(self._renderer.rendered(conversation), "agent")
        return choose(self._engine, list(offer.names)).name


def narrowed(chooser: Chooser, way: Way) -> dict[str, Any]:
    """How often the student has the right tool, and milliseconds to its name once the prefix was read."""
    offers, tools = Offers(Ranker(shipped_model())), builtin_registry().signatures()
    times: list[float] = []
    known: set[str] = set()
    asked = requests("plain")
    right_ones = widened = 0
    for request, right in asked:
        offer = offers.offer(request, tools, way)
        started = time.perf_counter()
        name = chooser.choose(request, offer)
        if offer.narrowed and offer.expects_call and name == ANSWER.name:
            widened += 1
            name = chooser.choose(request, everything(tools))
        if offer.way in known:
            times.append((time.perf_counter() - started) * 1000)
        known.add(offer.way)
        right_ones += name in right
    return {
        f"{way}: right tool": right_ones / len(asked),
        f"{way}: name p50 ms": statistics.median(times),
        f"{way}: name p95 ms": quantile(times, 0.95),
        f"{way}: asked again with all": widened,
    }


def silence() -> None:
    """Keep llama.cpp from printing while it loads."""
    import llama_cpp

    llama_cpp.llama_log_set(SILENT.setdefault("callback", llama_cpp.llama_log_callback(_nothing)), None)


def _nothing(*_: Any) -> None: ...


def embedded_vocabulary() -> Count:
    """Counts tokens as the embedded student does."""
    import llama_cpp

    from training.student.gguf import embedded_model

    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(embedded_model()).encode(), parameters)
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def count(text: str) -> int:
        data = text.encode()
        tokens = (llama_cpp.llama_token * (len(data) + 8))()
        return int(llama_cpp.llama_tokenize(vocabulary, data, len(data), tokens, len(tokens), False, True))

    return count


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--student", action="store_true", help="also let the embedded student choose")
    given = arguments.parse_args()
    silence()
    count = embedded_vocabulary()
    facts = {
        **speed(given.rounds),
        **sizes(count),
        **asyncio.run(growth(count)),
        **asyncio.run(side_by_side(given.rounds)),
    }
    if given.student:
        chooser = Chooser()
        for way in get_args(Way):
            facts |= narrowed(chooser, way)
    report("tool selection", [accuracy(name) for name in FILES], facts, given.json)


if __name__ == "__main__":
    main()
