"""How long the embedded student takes to choose a tool and to write the whole call, against llama.cpp's own
chat completion with tools.

Both have the same model, the same threads and a prompt that is in the KV cache but for the request. Ours
writes ``name {json}`` over a token trie and a grammar, from signatures of one line. The peer is
``llama_cpp.Llama.create_chat_completion(tools=...)`` with the full JSON Schemas. It is given the tool's name
(``tool_choice``) and has only the arguments to write: with ``auto``, the embedded model's replies did not
come to an end within minutes. Requests alternate.
"""

import json
import os
import statistics
import sys
import time
from typing import Any

from measuring import ROOT, own_environment, own_folders, parser, quantile, report

REQUESTS = (
    "read src/cache.py",
    "find where parse_config is used",
    "run the tests",
    "what is in the docs folder?",
    "run git status",
    "make a file notes.txt that says hello",
)
CONTEXT_TOKENS = 8192
PEER_TOKENS = 64


class Ours:
    """The program's own way, in this process."""

    def __init__(self, path: Any, threads: int) -> None:
        from tools.registry import builtin_registry
        from training.student.decode import Decoder
        from training.student.engine import Engine
        from training.student.prompt import prompt_for
        from training.student.settings import StudentSettings

        self.engine = Engine(path, context_tokens=CONTEXT_TOKENS, threads=threads)
        self.settings = StudentSettings()
        self.decoder = Decoder(self.engine, self.settings, lambda: "call")
        self.prompt = prompt_for("embedded")
        self.signatures = builtin_registry().signatures()

    def ask(self, request: str) -> dict[str, Any]:
        """The name chosen, milliseconds to it and to the whole call, and the speeds of this request."""
        from tools.protocol.calls import ANSWER
        from tools.protocol.messages import Conversation, Message
        from training.student.arguments import write_arguments_of
        from training.student.names import choose

        conversation = Conversation(self.prompt, self.signatures, (Message("user", request),))
        started = time.perf_counter()
        tokens = self.decoder.prompt_tokens(conversation)
        cached = self.engine.evaluate(tokens)
        prefilled = time.perf_counter()
        choice = choose(self.engine, [one.name for one in self.signatures if one.name != ANSWER])
        named = time.perf_counter()
        signature = next(one for one in self.signatures if one.name == choice.name)
        written, count = write_arguments_of(self.engine, signature, self.settings.call_tokens)
        ended = time.perf_counter()
        return {
            "name": choice.name,
            "whole": written is not None,
            "completion tokens": choice.tokens + count,
            "name ms": (named - started) * 1000,
            "call ms": (ended - started) * 1000,
            "prompt tokens": len(tokens),
            "prefill tokens/s": (len(tokens) - cached) / (prefilled - started),
            "decode tokens/s": (choice.tokens + count) / (ended - prefilled),
        }

    def cold_prefill(self) -> float:
        """Tokens a second of reading the whole prompt with an empty cache."""
        from tools.protocol.messages import Conversation

        tokens = self.decoder.prompt_tokens(Conversation(self.prompt, self.signatures))
        started = time.perf_counter()
        self.engine.evaluate(tokens)
        return len(tokens) / (time.perf_counter() - started)

    def tools_tokens(self, schemas: list[dict[str, Any]]) -> dict[str, int]:
        """Tokens of the tools alone: names and arguments, with descriptions, as JSON Schemas."""
        from tools.protocol.signatures import compress

        def count(text: str) -> int:
            return len(self.engine.vocabulary.tokenize(text))

        return {
            "tokens of the signatures as shown": count(
                "\n".join(compress(one, describe=self.prompt.describe) for one in self.signatures)
            ),
            "tokens of the signatures with descriptions": count(
                "\n".join(compress(one) for one in self.signatures)
            ),
            "tokens of the full schemas": count(json.dumps(schemas)),
        }


class Peer:
    """llama-cpp-python's chat completion with its function-calling format."""

    def __init__(self, path: Any, threads: int, schemas: list[dict[str, Any]]) -> None:
        from llama_cpp import Llama

        self.schemas = schemas
        self.llama = Llama(
            str(path),
            n_ctx=CONTEXT_TOKENS,
            n_threads=threads,
            n_threads_batch=threads,
            chat_format="chatml-function-calling",
            verbose=False,
        )

    def ask(self, request: str, name: str) -> dict[str, Any]:
        """Milliseconds to the whole call of the tool ``name``, and whether its arguments are JSON."""
        started = time.perf_counter()
        reply: Any = self.llama.create_chat_completion(
            messages=[
                {"role": "system", "content": "You are a coding assistant. Call one tool, or answer."},
                {"role": "user", "content": request},
            ],
            tools=self.schemas,  # type: ignore[arg-type]
            tool_choice={"type": "function", "function": {"name": name}},
            temperature=0.0,
            max_tokens=PEER_TOKENS,
        )
        elapsed = (time.perf_counter() - started) * 1000
        written = reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
        return {
            "call ms": elapsed,
            "prompt tokens": reply["usage"]["prompt_tokens"],
            "completion tokens": reply["usage"]["completion_tokens"],
            "whole": is_json(written),
        }


def is_json(text: str) -> bool:
    """Whether a call was written to its end."""
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def row(name: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One line of the table."""

    def values(key: str) -> list[float]:
        return [answer[key] for answer in answers if key in answer]

    def middle(key: str) -> float | str:
        return statistics.median(values(key)) if values(key) else "-"

    return {
        "what": name,
        "n": len(answers),
        "name p50 ms": middle("name ms"),
        "name p95 ms": quantile(values("name ms"), 0.95) if values("name ms") else "-",
        "call p50 ms": middle("call ms"),
        "call p95 ms": quantile(values("call ms"), 0.95),
        "prompt tokens": middle("prompt tokens"),
        "call tokens": middle("completion tokens"),
        "prefill tokens/s": middle("prefill tokens/s"),
        "decode tokens/s": middle("decode tokens/s"),
    }


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--rounds", type=int, default=1)
    given = arguments.parse_args()
    sys.path.insert(0, str(ROOT))
    import llama_cpp

    from training.student.gguf import embedded_model

    with own_folders() as (workspace, _):
        os.environ.update(own_environment(workspace.parent / "home"))
        # llama.cpp prints while it loads; the callback has to live until both have been closed.
        silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(silent, None)
        threads = min(len(os.sched_getaffinity(0)), 8)
        ours = Ours(embedded_model(), threads)
        schemas = [
            {
                "type": "function",
                "function": {"name": s.name, "description": s.description, "parameters": s.parameters},
            }
            for s in ours.signatures
        ]
        peer = Peer(embedded_model(), threads, schemas)
        cold = ours.cold_prefill()
        peer.ask(REQUESTS[-1], ours.ask(REQUESTS[-1])["name"])
        asked: list[dict[str, Any]] = []
        peers: list[dict[str, Any]] = []
        for request in REQUESTS * given.rounds:
            asked.append(ours.ask(request))
            peers.append(peer.ask(request, asked[-1]["name"]))
        tools_tokens = ours.tools_tokens(schemas)
        ours.engine.close()
        peer.llama.close()
    ratio = statistics.median(p["call ms"] for p in peers) / statistics.median(a["call ms"] for a in asked)
    facts = {
        "ratio of the peer's call to ours": ratio,
        "prefill of an empty cache, tokens/s": cold,
        "whole calls, ours": sum(one["whole"] for one in asked) / len(asked),
        "whole calls, the peer's": sum(one["whole"] for one in peers) / len(peers),
        "threads": threads,
        **tools_tokens,
    }
    report("student", [row("name {json}", asked), row("chat completion", peers)], facts, given.json)


if __name__ == "__main__":
    main()
