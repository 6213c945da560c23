"""One-shot mode on a scripted chat that asks once, as a program for a pseudo terminal."""

import sys
from pathlib import Path
from typing import Any

from assistant import oneshot
from assistant.agent.steps import Answer
from tests.assistant.fake_chat import FakeChat, asked, selected, shell_call
from training.student.base import Usage


def main() -> int:
    call = shell_call("rm -rf build")
    chat: Any = FakeChat(Path(sys.argv[1]), [selected(call), asked(call), Answer("the end", "e", Usage())])
    return oneshot.run(chat.settings, chat.workspace, None, "clean up", chat=chat)


if __name__ == "__main__":
    sys.exit(main())
