"""Plain names of functions and modules, and the number of tests, are looked up without the student."""

from pathlib import Path

import pytest

from assistant.agent.questions.guessing import guess
from assistant.agent.questions.recognise import Question
from assistant.agent.steps import Call
from tests.assistant.agent.conftest import MakeChat, take
from tests.assistant.agent.questions.test_answers import chat_of, said
from tools.base import ToolContext

SOURCE = 'RATE = 2\n\n\ndef slug(text):\n    """Make a name."""\n    return text\n'
TESTS = (
    "def test_a():\n    pass\n\n\nclass TestB:\n    async def test_c(self): ...\n\n    def help(self): ...\n"
)


@pytest.fixture
def project(workspace: Path) -> Path:
    (workspace / "shop").mkdir()
    (workspace / "shop" / "names.py").write_text(SOURCE)
    (workspace / "app.py").write_text("import shop\n")
    (workspace / "tests").mkdir()
    (workspace / "tests" / "test_names.py").write_text(TESTS)
    (workspace / "web").mkdir()
    (workspace / "web" / "page.test.ts").write_text(
        "it('opens', () => {})\n  test.only('x', f)\nconst it = 1\n"
    )
    return workspace


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ("what does slug do?", Question("define", "slug")),
        ("explain the slug function", Question("define", "slug")),
        ("was macht slug?", Question("define", "slug")),
        ("where is slug", Question("where", "slug")),
        ("what does names do", Question("explain", "shop/names.py")),
        ("what does the app module do", Question("explain", "app.py")),
        ("where is names", Question("where", "shop/names.py")),
        ("what does the app do", None),
        ("what does docker do?", None),
        ("what is wrong?", None),
        ("rename slug to name", None),
        ("write a test for slug", None),
    ],
)
def test_a_word_is_a_name_where_something_has_it(
    make_chat: MakeChat, project: Path, request_: str, found: Question | None
) -> None:
    assert guess(request_, ToolContext(workspace=project)) == found


async def test_a_plain_name_is_looked_up(make_chat: MakeChat, project: Path) -> None:
    chat = chat_of(make_chat)
    text = said(await take(chat, "what does slug do"))
    assert text.startswith("`shop/names.py:4`: `def slug(text):` Make a name.")
    await chat.close()


@pytest.mark.parametrize("request_", ["how many tests are there?", "wie viele tests gibt es?"])
async def test_tests_are_counted_without_being_run(make_chat: MakeChat, project: Path, request_: str) -> None:
    chat = chat_of(make_chat)
    steps = await take(chat, request_)
    assert said(steps).startswith(
        "4 tests are defined in 2 files: `tests/test_names.py` 2, `web/page.test.ts` 2."
    )
    assert not [one for one in steps if isinstance(one, Call)]
    await chat.close()


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ("how many classes are there?", "1 class is defined in 1 file: `tests/test_names.py` 1."),
        ("how many functions are there?", "4 functions are defined in 2 files: `tests/test_names.py` 3"),
        ("what language is this?", "- `README.md:1`: `# Demo`"),
        ("how big is this project?", "- `README.md:1`: `# Demo`"),
        ("how many tests are in test_names.py?", "2 tests are defined in 1 file"),
        ("how many lines has names.py", "shop/names.py has 6 lines."),
        ("how many functions are in names.py?", "shop/names.py has 1 function: slug."),
    ],
)
async def test_a_file_is_counted_by_its_bare_name(
    make_chat: MakeChat, project: Path, request_: str, text: str
) -> None:
    chat = chat_of(make_chat)
    assert said(await take(chat, request_)).startswith(text)
    await chat.close()
