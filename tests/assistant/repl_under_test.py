"""The plain REPL on a scripted chat, as a program for a pseudo terminal. Argument: the workspace."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from assistant import repl
from assistant.agent.steps import Answer, TextDelta, Thought
from tests.assistant.fake_chat import WAIT, FakeChat, asked, selected, shell_call
from training.student.base import Usage


def main() -> int:
    call = shell_call("rm -rf build")
    code = "Look:\n```python\nimport os\n```\n"
    chat: Any = FakeChat(
        Path(sys.argv[1]),
        [TextDelta(code), Answer(code, "e", Usage())],
        [selected(call), asked(call), Answer("asked.", "e", Usage())],
        [Thought("thinking long"), WAIT],
        [Answer("after the interrupt", "e", Usage())],
    )
    return asyncio.run(repl.run_chat(chat))


if __name__ == "__main__":
    sys.exit(main())
