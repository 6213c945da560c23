"""The program with a scripted student, for tests that need to know what it will do.

``python -m tests.end_to_end.scripted_program INTERFACE WORKSPACE STUDENT [REQUEST]``: everything but the
student is real, and settings come from the environment. INTERFACE is ``once`` (stream-json), ``plain`` or
``tui``. STUDENT is ``talk`` (an answer without end) or JSON: a list of decisions, each
``{"tool", ...arguments}`` or ``{"answer"}``, made in turn.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant import oneshot, repl, wiring
from assistant.settings import load_settings
from assistant.tui import app
from training.student.base import Decision
from training.student.scripted import ScriptedStudent, answer, call
from training.student.settings import StudentSettings


def scripted(text: str) -> Callable[[StudentSettings], ScriptedStudent]:
    """A maker of students that follow ``text``."""
    if text == "talk":
        return lambda _: ScriptedStudent([answer(" ".join(["word"] * 100_000))], delay_s=0.02)
    return lambda _: ScriptedStudent([_decision(dict(one)) for one in json.loads(text)])


def _decision(one: dict[str, str]) -> Decision:
    return answer(one["answer"]) if "answer" in one else call(one.pop("tool"), **one)


def main() -> int:
    interface, workspace, student = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    settings = load_settings(workspace, flags={"student.model": "scripted.gguf"})
    # The one seam that every interface builds its chat through, so that all else is the shipped path.
    wiring.build_chat = partial(wiring.build_chat, make=scripted(student))  # type: ignore[assignment]
    if interface == "once":
        return oneshot.run(settings, workspace, None, sys.argv[4], output="stream-json")
    return repl.run(settings, workspace) if interface == "plain" else app.run(lambda: settings, workspace)


if __name__ == "__main__":
    sys.exit(main())
