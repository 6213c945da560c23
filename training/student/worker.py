"""The student's process: JSON lines in on stdin, JSON lines out on stdout.

Requests: ``{"id", "op": "load"|"warm"|"decide"|"answer"|"count", ...}`` and ``{"op": "cancel"}``. Replies to
``id``: ``{"id", "event": "text", "text"}`` any number of times, then ``done`` with its result, ``cancelled``,
``overflow`` or ``error``. Invariant: exactly one closing reply to each request; the process ends when
stdin closes, so that it never outlives its parent.
"""

import os
import queue
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from tools.protocol.calls import CallFormatError
from tools.protocol.messages import conversation_from_dict
from tools.protocol.render import TemplateError
from training.student.base import ContextOverflow
from training.student.decode import Decoder
from training.student.engine import Cancelled, Engine, EngineError
from training.student.gguf import ModelFileError, check_memory, check_model_file
from training.student.grammar_sampler import GrammarError
from training.student.settings import StudentSettings

Request = dict[str, Any]


class Worker:
    """Serves one request after another; a cancel stops the one under way."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._engine: Engine | None = None
        self._decoder: Decoder | None = None

    def serve(self) -> None:
        """Until stdin closes."""
        threading.Thread(target=self._read, daemon=True).start()
        while (request := self._queue.get()) is not None:
            self._cancelled.clear()
            self._reply(request["id"], self._handle(request))

    def _read(self) -> None:
        for line in self._requests:
            request = orjson.loads(line)
            if request["op"] == "cancel":
                self._cancelled.set()
            else:
                self._queue.put(request)
        self._cancelled.set()
        self._queue.put(None)

    def _handle(self, request: Request) -> dict[str, Any]:
        try:
            return {"event": "done", "result": getattr(self, f"_{request['op']}")(request)}
        except Cancelled:
            return {"event": "cancelled"}
        except ContextOverflow as error:
            return {"event": "overflow", "needed": error.needed, "limit": error.limit}
        except (EngineError, GrammarError, TemplateError, ModelFileError, CallFormatError) as error:
            return {"event": "error", "message": str(error)}

    def _reply(self, request_id: int, reply: dict[str, Any]) -> None:
        self._replies.write(orjson.dumps({"id": request_id, **reply}) + b"\n")
        self._replies.flush()

    def _load(self, request: Request) -> dict[str, Any]:
        settings = StudentSettings.model_validate(request["settings"])
        path = Path(request["path"])
        check_model_file(path)
        check_memory(path)
        adapter = Path(settings.adapter).expanduser() if settings.adapter else None
        if adapter:
            check_model_file(adapter)
        if self._engine:
            self._engine.close()
        engine = Engine(
            path, context_tokens=settings.context_tokens, threads=request["threads"], adapter=adapter
        )
        engine.stop = self._cancelled.is_set
        self._engine = engine
        self._decoder = Decoder(engine, settings, lambda: f"call_{secrets.token_hex(4)}")
        return {"context_tokens": engine.context_tokens, "memory_bytes": engine.memory_bytes}

    def _loaded(self) -> tuple[Engine, Decoder]:
        if not self._engine or not self._decoder:
            raise EngineError("no model is loaded")
        return self._engine, self._decoder

    def _warm(self, request: Request) -> dict[str, Any]:
        engine, decoder = self._loaded()
        tokens = decoder.prompt_tokens(conversation_from_dict(request["conversation"]))
        engine.evaluate(tokens)
        return {"tokens": len(tokens)}

    def _decide(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        conversation = conversation_from_dict(request["conversation"])
        return asdict(decoder.decide(conversation, request["allowed"], self._on_text(request)))

    def _answer(self, request: Request) -> dict[str, Any]:
        _, decoder = self._loaded()
        conversation = conversation_from_dict(request["conversation"])
        return asdict(decoder.answer(conversation, request["limit"], self._on_text(request)))

    def _count(self, request: Request) -> dict[str, Any]:
        engine, _ = self._loaded()
        return {"tokens": [len(engine.tokenize(text)) for text in request["texts"]]}

    def _on_text(self, request: Request) -> Callable[[str], None]:
        return lambda text: self._reply(request["id"], {"event": "text", "text": text})


def main() -> None:
    """Serve on the stdin and stdout that the process was started with.

    llama.cpp prints where it likes, so what it calls stdout is pointed at stderr first.
    """
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Worker(sys.stdin.buffer, replies).serve()


if __name__ == "__main__":
    main()
