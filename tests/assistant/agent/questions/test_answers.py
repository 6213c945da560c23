"""What the host answers to first questions: by ordinary calls, in any mode, and without the student."""

from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.questions.changes import changes_told
from assistant.agent.steps import Answer, Call, Observation, Step, TextDelta
from tests.assistant.agent.conftest import MakeChat, take
from tools.calls import ToolResult
from training.events.decisions import history
from training.student.scripted import answer

EMBEDDED = {"student__model": "embedded", "student__adapter": "none"}
SOURCE = """\"""Stamps in a file.\"""


class Book:
    \"""All stamps.\"""

    def add_stamp(self, name):
        pass
"""


@pytest.fixture
def project(workspace: Path) -> Path:
    (workspace / "README.md").write_text(
        "# Stamps\n\nKeeps stamps\nin a file.\n\n## Install\n\n```\npip install .\n```\n"
    )
    (workspace / "pyproject.toml").write_text('[project]\nname = "stamps"\n\n[tool.pytest.ini_options]\n')
    (workspace / "src").mkdir()
    (workspace / "src" / "book.py").write_text(SOURCE)
    return workspace


def never(_: object) -> object:
    raise AssertionError("the student was asked")


def said(steps: list[Step]) -> str:
    assert isinstance(steps[-1], Answer)
    assert "".join(one.text for one in steps if isinstance(one, TextDelta)) == steps[-1].text
    return steps[-1].text


def chat_of(make_chat: MakeChat, **flags: object) -> Chat:
    return make_chat(never, **(EMBEDDED | flags))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["plan", "ask"])
async def test_what_the_project_does_is_quoted(make_chat: MakeChat, project: Path, mode: str) -> None:
    chat = chat_of(make_chat, mode=mode)
    steps = await take(chat, "what does this project do?")
    assert said(steps) == (
        "- `README.md:1`: `# Stamps`\n- `README.md:3-4`: `Keeps stamps in a file.`\n"
        '- `pyproject.toml:2`: `name = "stamps"`\n\n4 files (2 Python). At the top: '
        "`README.md`, `config.py`, "
        "`pyproject.toml`, `src/`."
    )
    tools = [one.call.tool for one in steps if isinstance(one, Call)]
    assert tools == ["list_files", "read_file", "read_file"]
    rows = history(chat.log)
    assert {row["model"] for row in rows} == {"host"}
    assert {row["confidence"] for row in rows} == {None}
    await chat.close()


async def test_what_is_not_there_is_said(make_chat: MakeChat, workspace: Path) -> None:
    (workspace / "README.md").unlink()
    chat = chat_of(make_chat)
    text = said(await take(chat, "what is this repo?"))
    assert text.startswith("There is no README.")
    assert "Nothing here says how it is built" in said(await take(chat, "how do I build this?"))
    assert said(await take(chat, "how do I run the tests?")).startswith("No tests found: looked for pytest")
    assert (
        said(await take(chat, "where is nothing_here?")) == "`nothing_here` stands nowhere in this workspace."
    )
    assert said(await take(chat, "explain lost.py")).startswith(
        "I could not read `lost.py`: lost.py does not exist"
    )
    await chat.close()


async def test_how_it_is_built_and_tested_names_the_lines(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat)
    assert "`README.md:9`: `pip install .`" in said(await take(chat, "how is it built?"))
    assert said(await take(chat, "how do I run the tests?")) == (
        "`python3 -m pytest -q --color=no`\n\nBecause of `pyproject.toml:4`: `[tool.pytest.ini_options]`"
    )
    await chat.close()


async def test_a_manifest_on_one_line_is_quoted_briefly(make_chat: MakeChat, workspace: Path) -> None:
    (workspace / "README.md").unlink()
    (workspace / "package.json").write_text(
        '{"author": {"name": "Ann"}, "name": "shop", "description": "A \\"small\\" shop", '
        '"scripts": {"test": "jest --ci", "build": "tsc -p ."}, "dependencies": {"a": "1"}}\n'
    )
    chat = chat_of(make_chat)
    about = said(await take(chat, "what does this project do?"))
    assert '- `package.json:1`: `"name": "shop"`\n' in about
    assert '- `package.json:1`: `"description": "A \\"small\\" shop"`' in about and "Ann" not in about
    tests = said(await take(chat, "how do I run the tests?"))
    assert tests == '`npm test --silent`\n\nBecause of `package.json:1`: `"test": "jest --ci"`'
    built = said(await take(chat, "how is it built?"))
    assert '`package.json:1`: `"scripts": {"test": "jest --ci", "build": "tsc -p ."}`' in built
    await chat.close()


async def test_what_a_project_is_about_is_no_version_and_no_reminder(
    make_chat: MakeChat, workspace: Path
) -> None:
    (workspace / "README.md").write_text("# Demo\n\nTODO: say more\n\nKeeps stamps.\n")
    (workspace / "pyproject.toml").write_text('[project]\nname = "demo"\nrequires-python = ">=3.11"\n')
    (workspace / "app.py").write_text("# TODO: rename\n# Counts stamps.\nx = 1\n")
    chat = chat_of(make_chat)
    about = said(await take(chat, "what does this project do?"))
    assert "Keeps stamps." in about and "TODO" not in about and "requires-python" not in about
    explained = said(await take(chat, "explain app.py"))
    assert "`app.py:2`: `Counts stamps.`" in explained and "TODO" not in explained
    await chat.close()


async def test_an_outline_explains_a_file(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat)
    assert said(await take(chat, "explain src/book.py")) == (
        "`src/book.py`, 8 lines.\n\n`src/book.py:1`: `Stamps in a file.`\n\n"
        "- `src/book.py:4` `class Book:`: All stamps.\n  - `src/book.py:7` `def add_stamp(self, name):`"
    )
    assert said(await take(chat, "erkläre book.py")).startswith("`src/book.py`, 8 lines.")
    await chat.close()


async def test_definitions_are_found_before_other_places(make_chat: MakeChat, project: Path) -> None:
    (project / "use.py").write_text("# def add_stamp is in book\nbook.add_stamp('x')\n")
    chat = chat_of(make_chat)
    assert said(await take(chat, "where is add_stamp?")) == "`src/book.py:7`: `def add_stamp(self, name):`"
    assert "pass" in said(await take(chat, "what does add_stamp do?"))
    text = said(await take(chat, "where is stamps_file defined?"))
    assert text == "`stamps_file` stands nowhere in this workspace."
    await chat.close()


async def test_a_denied_read_is_not_done_and_said(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat, permissions__deny=["read_file(README.md)"])
    steps = await take(chat, "what does this project do?")
    assert "`README.md` could not be read: not run" in said(steps)
    assert "Keeps stamps" not in said(steps)
    denied = [one for one in steps if isinstance(one, Observation) and one.confirmed_by == "denied"]
    assert [one.call.arguments["path"] for one in denied] == ["README.md"]
    await chat.close()


async def test_a_refused_read_ends_the_turn(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat, permissions__ask=["read_file(README.md)"])
    (*_, last) = await take(chat, "what does this project do?")
    assert isinstance(last, Answer)
    assert last.text == "Nothing was changed."
    assert [one.what for one in last.facts.refused] == ["README.md"]
    await chat.close()


async def test_the_host_counts_without_the_student(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat)
    assert said(await take(chat, "how many lines does src/book.py have?")) == "src/book.py has 8 lines."
    assert said(await take(chat, "is there a Dockerfile?")) == "No, there is no Dockerfile."
    assert said(await take(chat, "how many files are there?")) == "4 files."
    assert (
        said(await take(chat, "which is longer, README.md or config.py?"))
        == "README.md: 10 lines (config.py 1)."
    )
    await chat.close()


async def test_what_was_done_comes_from_the_record(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat)
    assert said(await take(chat, "did you change anything?")).startswith("Nothing yet")
    await chat.close()


async def test_what_results_do_not_say_is_the_students(make_chat: MakeChat, project: Path) -> None:
    (project / "numbers.txt").write_text("one\ntwo\n")
    chat = make_chat(
        [], **EMBEDDED
    )  # its one round is over: it can only answer, and the host shows the result
    (*_, last) = await take(chat, "what is the largest number in numbers.txt?")
    assert isinstance(last, Answer)
    assert last.text == "numbers.txt, 2 lines.\n\n```\none\ntwo\n```"
    await chat.close()


async def test_other_models_look_for_themselves(make_chat: MakeChat, project: Path) -> None:
    chat = make_chat([answer("It keeps stamps.")])
    assert said(await take(chat, "what does this project do?")).strip() == "It keeps stamps."
    await chat.close()


def test_changes_are_counted_by_file() -> None:
    diff = (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x\n+y\n z\ndiff --git a/b.png b/b.png\n"
        "Binary files a/b.png and b/b.png differ\ndiff --git a/c b/d\nsimilarity index "
        "100%\nrename from c\nrename to d\n\n"
        "new files that git does not track:\ne.txt"
    )
    text = changes_told(ToolResult(True, diff))
    assert text.startswith(
        "4 files differ from the last commit:\n\n- `a.py` +1 −1\n- `b.png` (binary)\n- `c` renamed to `d`\n"
        "- `e.txt` new, not tracked by git\n\n```\n--- a/a.py"
    )
    assert changes_told(ToolResult(False, "the workspace is not a git repository")).startswith(
        "I could not see"
    )
