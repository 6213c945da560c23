"""The student's process: JSON lines in on stdin, JSON lines out on stdout.

Requests: ``{"id", "op": "load"|"adapt"|"warm"|"decide"|"answer"|"scores"|"count", ...}``, and ``{"id", "op":
"cancel"}``, which stops that request and those before it. Replies to ``id``: ``{"id", "event": "text",
"text"}`` and ``{"id", "event": "alive"}`` any number of times, then ``done`` with its result, ``cancelled``,
``overflow`` or ``error``, together with what the process holds. Invariant: exactly one closing reply
to each request; the process ends when stdin closes, so that it never outlives its parent.
"""

import os
import queue
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from sandbox.clean_start import clean
from sandbox.death_signal import die_with
from tools.calls import ToolCall
from tools.protocol.calls import CallFormatError
from tools.protocol.messages import Reading, conversation_from_dict
from tools.protocol.render import TemplateError
from training.student.base import ContextOverflow
from training.student.decode import Decoder
from training.student.engine import Cancelled, Engine, EngineError, hush
from training.student.gguf import ModelFileError, check_memory, check_model_file
from training.student.grammar_sampler import GrammarError
from training.student.memory import resident_bytes
from training.student.passages import Passage
from training.student.prefix_files import PrefixFiles
from training.student.prefixes import Prefixes
from training.student.settings import StudentSettings
from training.student.vocabulary import VocabularyError

ALIVE_EVERY_S = 1.0
Request = dict[str, Any]
REFUSALS = (EngineError, GrammarError, VocabularyError, TemplateError, ModelFileError, CallFormatError)


class Worker:
    """Serves one request after another; a cancel stops the one under way."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._under_way = 0
        self._cancelled = 0
        self._replied_at = time.monotonic()
        self._engine: Engine | None = None
        self._decoder: Decoder | None = None
        self._prefixes: Prefixes | None = None
        self._notices: list[str] = []

    def serve(self) -> None:
        """Until stdin closes."""
        threading.Thread(target=self._read, daemon=True).start()
        while (request := self._queue.get()) is not None:
            self._under_way = request["id"]
            self._reply(request["id"], {**self._handle(request), **self._held()})

    def _read(self) -> None:
        for line in self._requests:
            request = orjson.loads(line)
            if request["op"] == "cancel":
                self._cancelled = max(self._cancelled, request["id"])
            else:
                self._queue.put(request)
        self._cancelled = sys.maxsize
        self._queue.put(None)

    def _stops(self) -> bool:
        """Whether the request under way was cancelled. Ids grow, so that a late word never hits the next.

        llama.cpp asks between the parts of a computation, in the thread that waits for it, so that this is
        also where a long one shows that it goes on.
        """
        if time.monotonic() - self._replied_at > ALIVE_EVERY_S:
            self._reply(self._under_way, {"event": "alive"})
        return self._under_way <= self._cancelled

    def _held(self) -> dict[str, Any]:
        """What the process holds: its memory, the bytes of saved states, and what there was to say."""
        notices, self._notices = self._notices, []
        states = self._prefixes.size if self._prefixes else 0
        return {"memory_bytes": resident_bytes(), "states_bytes": states, "notices": notices}

    def _notice(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")
        self._notices.append(line)

    def _handle(self, request: Request) -> dict[str, Any]:
        try:
            return {"event": "done", "result": getattr(self, f"_{request['op']}")(request)}
        except Cancelled:
            return {"event": "cancelled"}
        except ContextOverflow as error:
            return {"event": "overflow", "needed": error.needed, "limit": error.limit}
        except REFUSALS as error:
            return {"event": "error", "message": str(error)}

    def _reply(self, request_id: int, reply: dict[str, Any]) -> None:
        self._replies.write(orjson.dumps({"id": request_id, **reply}) + b"\n")
        self._replies.flush()
        self._replied_at = time.monotonic()

    def _load(self, request: Request) -> dict[str, Any]:
        settings = StudentSettings.model_validate(request["settings"])
        path = Path(request["path"])
        check_model_file(path)
        check_memory(path)
        engine = Engine(
            path, context_tokens=settings.context_tokens, threads=request["threads"], step=request["step"]
        )
        engine.use_adapter(_adapter(settings.adapter_path))
        engine.stop = self._stops
        budget = settings.cache_mb << 20
        files = PrefixFiles(Path(request["cache"]), budget, self._notice) if request["cache"] else None
        self._engine, self._prefixes = engine, Prefixes(engine, budget, files)
        self._decoder = Decoder(engine, self._prefixes, settings, lambda: f"call_{secrets.token_hex(4)}")
        return {"context_tokens": engine.context_tokens, "memory_bytes": engine.memory_bytes}

    def _adapt(self, request: Request) -> dict[str, Any]:
        engine, _ = self._loaded()
        adapter = _adapter(request["adapter"])
        if self._prefixes:
            self._prefixes.park()
        engine.use_adapter(adapter)
        return {}

    def _loaded(self) -> tuple[Engine, Decoder]:
        if not self._engine or not self._decoder:
            raise EngineError("no model is loaded")
        return self._engine, self._decoder

    def _warm(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        decoder.warm(conversation_from_dict(request["conversation"]), request["kind"])
        return {}

    def _decide(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        conversation = conversation_from_dict(request["conversation"])
        return asdict(decoder.decide(conversation, request["allowed"], self._on_text(request)))

    def _answer(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        conversation = conversation_from_dict(request["conversation"])
        return asdict(decoder.answer(conversation, request["kind"], request["limit"], self._on_text(request)))

    def _scores(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        passages = [Passage(ToolCall(**one["call"]), tuple(one["lines"])) for one in request["passages"]]
        return asdict(decoder.scores(Reading(**request["reading"]), request["question"], passages))

    def _count(self, request: Request) -> dict[str, Any]:
        engine, _ = self._loaded()
        return {"tokens": [len(engine.vocabulary.tokenize(text)) for text in request["texts"]]}

    def _on_text(self, request: Request) -> Callable[[str], None]:
        return lambda text: self._reply(request["id"], {"event": "text", "text": text})


def _adapter(path: str) -> Path | None:
    """The file of an adapter as the settings name it. Raises ModelFileError."""
    if not path:
        return None
    file = Path(path).expanduser()
    check_model_file(file)
    return file


def main() -> None:
    """Serve on the stdin and stdout that the process was started with.

    llama.cpp prints where it likes, so what it calls stdout is pointed at stderr first.
    """
    die_with(int(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    hush()
    Worker(sys.stdin.buffer, replies).serve()


if __name__ == "__main__":
    clean()
    main()
