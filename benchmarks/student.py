"""How long the embedded student takes to choose a tool and to write the whole call, how much of that is the
model's own work, and what llama.cpp's own chat completion with tools takes for the same.

All have the same model and threads. Ours writes ``name {json}`` over a token trie and a grammar, from
signatures of one line, with its prompt in the KV cache but for the request: as the student that comes along,
tuned to a short prompt; as its base with the examples that an untuned one needs; and as its base without
them. The model's own work is the time inside ``llama_decode`` for the very batches of the call. The requests
have about 20 tokens and alternate over all. Calls that did not come to an end within a limit are left out of
the times and counted.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import ROOT, own_environment, own_folders, parser, quantile, report
from student_peers import PEER_TOKENS, Peer

REQUESTS = (
    "read the file src/cache/store.py and tell me what it does with old entries",
    "find all places in the project where the function parse_config is called",
    "run the tests in tests/test_cache.py and tell me which of them fail now",
    "what is in the docs folder, and is there a page about the configuration?",
    "run git log --oneline -5 so that I can see what was changed last in here",
    "show me lines 10 to 40 of the file training/student/engine.py, please",
    "list all the Python files that are below the folder assistant/commands",
    "which changes are there in README.md since the last commit that I made?",
    "look up in the docs how asyncio.TaskGroup handles an exception in a task",
    "search the web for the newest release notes of the pytest test framework",
    "fetch https://example.org/data/report.json and show me what it contains",
    "in config/settings.py replace DEBUG = True with DEBUG = False, please do",
)
CONTEXT_TOKENS = 8192
WITHOUT_REUSE = 4
"""One request in so many is also asked without reuse, which takes seconds and varies little."""


class Ours:
    """The program's own way, in this process, on an engine that measures itself; with an adapter where one
    is given."""

    def __init__(self, path: Path, threads: int, adapter: Path | None = None) -> None:
        from tools.registry import builtin_registry
        from training.student.engine import Engine
        from training.student.prefixes import Prefixes
        from training.student.prompt import prompt_for
        from training.student.rendering import Renderer

        class Measured(Engine):
            """``own`` is the wall time and ``own_cpu`` the processor time inside llama_decode, in seconds."""

            own = own_cpu = 0.0

            def _decode(self, tokens: Sequence[int]) -> None:
                started, used = time.perf_counter(), time.process_time()
                super()._decode(tokens)
                self.own += time.perf_counter() - started
                self.own_cpu += time.process_time() - used

        self.engine = Measured(path, context_tokens=CONTEXT_TOKENS, threads=threads)
        self.engine.use_adapter(adapter)
        self.prefixes = Prefixes(self.engine, 256 << 20)
        self.renderer = Renderer(self.engine)
        self.prompt = prompt_for("embedded")
        self.signatures = builtin_registry().signatures()

    def ask(self, request: str, prompt: Any) -> dict[str, Any]:
        """The name chosen, milliseconds to it and to the whole call, and what of that the model took."""
        from tools.protocol.calls import ANSWER
        from tools.protocol.messages import Conversation, Message
        from training.student.arguments import write_arguments_of
        from training.student.names import choose

        engine = self.engine
        engine.own = engine.own_cpu = 0.0
        started, used = time.perf_counter(), time.process_time()
        told = self.renderer.rendered(Conversation(prompt, self.signatures, (Message("user", request),)))
        cached = self.prefixes.evaluate(told, "agent")
        prefilled = time.perf_counter()
        choice = choose(engine, [one.name for one in self.signatures if one.name != ANSWER])
        named = time.perf_counter()
        signature = next(one for one in self.signatures if one.name == choice.name)
        made = write_arguments_of(engine, signature, PEER_TOKENS)
        written, count = made.text, made.tokens
        ended, used = time.perf_counter(), time.process_time() - used
        return {
            "name": choice.name,
            "whole": written is not None,
            "call tokens": choice.tokens + count,
            "name ms": (named - started) * 1000,
            "call ms": (ended - started) * 1000,
            "cpu ms": used * 1000,
            "over the model": (ended - started) / engine.own,
            "over the model, cpu": used / engine.own_cpu,
            "prompt tokens": len(told.tokens),
            "new tokens": len(told.tokens) - cached,
            "prefill tokens/s": (len(told.tokens) - cached) / (prefilled - started),
            "decode tokens/s": (choice.tokens + count) / (ended - prefilled),
        }

    def warm(self, prompt: Any) -> float:
        """Evaluate the prefix; tokens a second."""
        from tools.protocol.messages import Conversation

        head = self.renderer.head(Conversation(prompt, self.signatures))
        started = time.perf_counter()
        self.prefixes.evaluate(head, "agent")
        return len(head.tokens) / (time.perf_counter() - started)

    def tools_tokens(self, schemas: list[dict[str, Any]]) -> dict[str, Any]:
        """Tokens of the tools alone: names and arguments, with descriptions, as JSON Schemas."""
        from tools.protocol.signatures import compress

        def count(text: str) -> int:
            return len(self.engine.vocabulary.tokenize(text))

        shown = count("\n".join(compress(one, describe=self.prompt.describe) for one in self.signatures))
        described = count("\n".join(compress(one) for one in self.signatures))
        full = count(json.dumps(schemas))
        return {
            "tokens of the signatures as shown": shown,
            "tokens of the signatures with descriptions": described,
            "tokens of the full schemas": full,
            "times fewer as shown": full / shown,
        }

    def growth(self, prompt: Any) -> dict[str, float]:
        """Tokens that a call adds to the prompt beside the content that came back."""
        from tools.calls import ToolCall
        from tools.protocol.messages import Conversation, Message

        asked, content = Message("user", REQUESTS[0]), "def load(path):\n    return path.read_text()"
        calls = (
            ToolCall("c", "read_file", {"path": "src/cache/store.py", "start_line": 10, "end_line": 40}),
            ToolCall("c", "search_files", {"pattern": "parse_config", "path": "src"}),
            ToolCall("c", "run_shell", {"command": "git log --oneline -5"}),
            ToolCall("c", "git_diff", {}),
        )

        def tokens(*messages: Message) -> int:
            return len(self.renderer.rendered(Conversation(prompt, self.signatures, messages)).tokens)

        before, came_back = tokens(asked), len(self.engine.vocabulary.tokenize(content))
        grown = [
            tokens(
                asked,
                Message("assistant", calls=(one,)),
                Message("tool", content, call_id="c", tool=one.tool),
            )
            - before
            - came_back
            for one in calls
        ]
        return {"context growth per call, tokens": statistics.median(grown), "the most": max(grown)}


async def through_the_process(threads: int, folder: Path) -> list[dict[str, Any]]:
    """The same requests as the program makes them: to the process of its own student and back."""
    from tools.protocol.messages import Conversation, Message
    from tools.registry import builtin_registry
    from training.registry.serving import in_force
    from training.student.local import LocalStudent
    from training.student.prompt import prompt_for
    from training.student.settings import StudentSettings

    settings = in_force(
        StudentSettings(threads=threads, context_tokens=CONTEXT_TOKENS, call_tokens=PEER_TOKENS)
    )
    student = LocalStudent(settings, log=folder / "student.log")
    prompt, signatures = prompt_for(settings.model, settings.prompt), builtin_registry().signatures()
    names = [one.name for one in signatures if one.name != "answer"]
    await student.warm(Conversation(prompt, signatures))
    answers = []
    for request in REQUESTS:
        started = time.perf_counter()
        told = Conversation(prompt, signatures, (Message("user", request),))
        decision = await student.decide(told, allowed=names)
        elapsed = (time.perf_counter() - started) * 1000
        usage = decision.usage
        answers.append(
            {
                "whole": not decision.cut,
                "call ms": elapsed,
                "outside ms": elapsed - usage.latency_ms,
                "call tokens": usage.completion_tokens,
                "prompt tokens": usage.prompt_tokens,
                "new tokens": usage.prompt_tokens - usage.cached_tokens,
            }
        )
    await student.close()
    return answers


def row(name: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One line of the table, over the calls that came to an end."""
    whole = [answer for answer in answers if answer["whole"]] or answers

    def middle(key: str, share: float = 0.5) -> float | str:
        values = [answer[key] for answer in whole if key in answer]
        return quantile(values, share) if values else "-"

    return {
        "what": name,
        "whole": f"{sum(answer['whole'] for answer in answers)}/{len(answers)}",
        "name p50 ms": middle("name ms"),
        "name p95 ms": middle("name ms", 0.95),
        "call p50 ms": middle("call ms"),
        "call p95 ms": middle("call ms", 0.95),
        "cpu p50 ms": middle("cpu ms"),
        "prompt tokens": middle("prompt tokens"),
        "new tokens": middle("new tokens"),
        "call tokens": middle("call tokens"),
        "over the model": middle("over the model"),
        "the same, cpu": middle("over the model, cpu"),
    }


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=min(len(os.sched_getaffinity(0)), 8))
    given = arguments.parse_args()
    sys.path.insert(0, str(ROOT))
    from tools.protocol.messages import Prompt
    from training.registry.serving import in_force
    from training.student.engine import hush
    from training.student.gguf import embedded_model
    from training.student.prompt import prompt_for
    from training.student.settings import StudentSettings

    with own_folders() as (workspace, _):
        os.environ.update(own_environment(workspace.parent / "home"))
        hush()
        comes_along = in_force(StudentSettings())
        tuned = Ours(embedded_model(), given.threads, Path(comes_along.adapter))
        tuned_prompt = prompt_for(comes_along.model, comes_along.prompt)
        ours = Ours(embedded_model(), given.threads)
        schemas = [
            {
                "type": "function",
                "function": {"name": s.name, "description": s.description, "parameters": s.parameters},
            }
            for s in ours.signatures
        ]
        peer = Peer(embedded_model(), given.threads, CONTEXT_TOKENS, schemas)
        bare = Prompt(ours.prompt.instructions, describe=False, max_calls=1)
        cold = ours.warm(ours.prompt)
        ours.warm(bare)
        tuned.warm(tuned_prompt)
        peer.ask(REQUESTS[-1], "read_file", reuse=False)
        rows: dict[str, list[dict[str, Any]]] = {}
        for number, request in enumerate(REQUESTS * given.rounds):
            rows.setdefault("student that comes along", []).append(tuned.ask(request, tuned_prompt))
            asked = ours.ask(request, ours.prompt)
            rows.setdefault("base", []).append(asked)
            rows.setdefault("base, no examples", []).append(ours.ask(request, bare))
            name = asked["name"]
            rows.setdefault("chat completion", []).append(peer.ask(request, name, reuse=True))
            if number % WITHOUT_REUSE == 0:
                one = peer.ask(request, name, reuse=False)
                rows.setdefault("chat completion, no reuse", []).append(one)
        facts = {**ours.tools_tokens(schemas), **tuned.growth(tuned_prompt)}
        ours.engine.close()
        tuned.engine.close()
        peer.close()
        own_process = asyncio.run(through_the_process(given.threads, workspace.parent))
    middle = {name: statistics.median(one["call ms"] for one in all_) for name, all_ in rows.items()}
    facts |= {
        "prefill of an empty cache, tokens/s": cold,
        "the peer's call to ours": middle["chat completion"] / middle["student that comes along"],
        "the peer's call without reuse to ours": middle["chat completion, no reuse"]
        / middle["student that comes along"],
        "outside the student's process, ms": statistics.median(one["outside ms"] for one in own_process),
        "threads": given.threads,
    }
    table = [row(name, all_) for name, all_ in rows.items()]
    report("student", [*table, row("through its own process", own_process)], facts, given.json)


if __name__ == "__main__":
    main()
