"""How much longer a call makes the conversation, beyond what was asked for.

Tokens are estimated here; with the embedded student's own vocabulary where it is at hand (marker gguf).
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.conftest import Run
from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Message, Prompt
from tools.protocol.render import plain_text, render
from tools.selection.tokens import estimated_tokens

MOST = 40
WRITTEN = ("content", "old_text", "new_text")
LONG = "\n".join(f"value_{number} = {number}" for number in range(30))
CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("git_diff", {}, "@@ -1 +1 @@\n-old\n+new"),
    ("read_file", {"path": "src/app.py"}, LONG),
    ("list_files", {"path": "src"}, "src/app.py"),
    ("search_files", {"pattern": "value_1$"}, ""),
    ("search_files", {"pattern": "value_17 ="}, "src/app.py:18: value_17 = 17"),
    ("write_file", {"path": "src/new.py", "content": LONG}, ""),
    ("edit_file", {"path": "src/app.py", "old_text": "value_3 = 3", "new_text": "value_3 = 4"}, ""),
    ("run_shell", {"command": "echo ok"}, "ok"),
    ("run_shell", {"command": "true"}, ""),
]


@pytest.fixture
def project(workspace: Path) -> Path:
    (workspace / "src").mkdir()
    (workspace / "src" / "app.py").write_text(LONG, encoding="utf-8")
    (workspace / "notes.txt").write_text("old\n", encoding="utf-8")
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "begin")):
        subprocess.run([*git, *arguments], cwd=workspace, check=True, env={"PATH": "/usr/bin:/bin"})
    (workspace / "notes.txt").write_text("new\n", encoding="utf-8")
    return workspace


def overhead(call: ToolCall, text: str, asked_for: str, count: Callable[[str], int]) -> int:
    """What a call adds without the content: what was asked for, and the text that a write is about."""
    before = (Message("user", "go"),)
    after = (*before, Message("assistant", calls=(call,)), Message("tool", text, call_id="c", tool=call.tool))
    sizes = [count(plain_text(render(Conversation(Prompt("x"), (), turns)))) for turns in (before, after)]
    written = "".join(json.dumps(value) for name, value in call.arguments.items() if name in WRITTEN)
    return sizes[1] - sizes[0] - count(asked_for) - count(written)


@pytest.mark.parametrize(("tool", "arguments", "asked_for"), CALLS)
@pytest.mark.slow
async def test_a_call_adds_few_tokens_beyond_what_was_asked_for(
    project: Path, run: Run, tool: str, arguments: dict[str, Any], asked_for: str
) -> None:
    result = await run(tool, **arguments)
    assert result.success and asked_for in result.text
    call = ToolCall("c", tool, arguments)
    assert overhead(call, result.text, asked_for, estimated) < MOST


def estimated(text: str) -> int:
    """The template's control tokens are one token each."""
    controls = re.compile(r"<\|im_(?:start|end)\|>")
    return estimated_tokens(controls.sub("", text)) + len(controls.findall(text))


@pytest.mark.gguf
async def test_the_same_in_the_students_own_tokens(
    project: Path, run: Run, embedded_tokens: Callable[[str], int]
) -> None:
    for tool, arguments, asked_for in CALLS:
        result = await run(tool, **arguments)
        call = ToolCall("c", tool, arguments)
        exact = overhead(call, result.text, asked_for, embedded_tokens)
        assert exact < MOST, (tool, arguments, exact)


@pytest.mark.gguf
@pytest.mark.parametrize("file", ["tools/executor.py", "README.md", "tools/selection/bundles.toml"])
def test_estimates_are_near_what_the_student_counts(file: str, embedded_tokens: Callable[[str], int]) -> None:
    text = (Path(__file__).parents[2] / file).read_text("utf-8")
    assert estimated_tokens(text) == pytest.approx(embedded_tokens(text), rel=0.1)
