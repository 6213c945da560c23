"""llama-cpp-python's chat completion with tools, with and without its own reuse of the prompt's prefix."""

import json
import time
from pathlib import Path
from typing import Any

PEER_TOKENS = 64
INSTRUCTIONS = "You are a coding assistant. Call one tool, or answer."


class Peer:
    """``create_chat_completion(tools=...)`` in its function-calling format, with full JSON Schemas.

    It is given the tool's name (``tool_choice``) and has only the arguments to write: with ``auto``, the
    embedded model's replies did not come to an end within minutes.
    """

    def __init__(self, path: Path, threads: int, context_tokens: int, schemas: list[dict[str, Any]]) -> None:
        from llama_cpp import Llama, llama_cpp

        from training.student.loading import model_parameters

        # Llama has no argument for them, and its own end the process where the student's would.
        llama_cpp.llama_model_default_params = model_parameters
        self.schemas = schemas
        self.llama = Llama(
            str(path),
            n_ctx=context_tokens,
            n_threads=threads,
            n_threads_batch=threads,
            chat_format="chatml-function-calling",
            verbose=False,
        )

    def ask(self, request: str, name: str, *, reuse: bool) -> dict[str, Any]:
        """Milliseconds to the whole call of the tool ``name``, and whether its arguments are JSON."""
        if not reuse:
            self.llama.reset()
        started, used = time.perf_counter(), time.process_time()
        reply: Any = self.llama.create_chat_completion(
            messages=[{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": request}],
            tools=self.schemas,  # type: ignore[arg-type]
            tool_choice={"type": "function", "function": {"name": name}},
            temperature=0.0,
            max_tokens=PEER_TOKENS,
        )
        elapsed, used = time.perf_counter() - started, time.process_time() - used
        written = reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
        return {
            "call ms": elapsed * 1000,
            "cpu ms": used * 1000,
            "prompt tokens": reply["usage"]["prompt_tokens"],
            "call tokens": reply["usage"]["completion_tokens"],
            "whole": is_json(written),
        }

    def close(self) -> None:
        self.llama.close()


def is_json(text: str) -> bool:
    """Whether a call was written to its end."""
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True
