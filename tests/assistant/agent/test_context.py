"""The view of a session in a window: budgets, cuts, compaction, and a word for all that is left out."""

from pathlib import Path

import pytest

from assistant.agent.context import Context
from assistant.agent.hosting import Serving
from assistant.agent.sessions import SessionStore
from assistant.agent.settings import ContextSettings
from assistant.agent.window import Use
from tests.assistant.agent.talk import answered, asked, called, observed
from tools.protocol.messages import Message, Prompt, Signature
from tools.protocol.render import plain_text, render
from training.student.base import ContextOverflow
from training.student.scripted import ScriptedStudent

EXAMPLES = tuple(part for n in range(6) for part in (asked(f"example {n} " + "word " * 20), answered("ok")))
PROMPT = Prompt("Help the person.", EXAMPLES)
TOOLS = (Signature("read_file", "Read " + "a file " * 10, {"type": "object", "properties": {}}),)
FILE = "\n".join(["some words of a file"] * 60)


class Bench:
    """A context over a session, with a student whose words are tokens."""

    def __init__(
        self, folder: Path, *messages: Message, window: int = 2000, project: str = "", **settings: object
    ) -> None:
        self.store = SessionStore(folder)
        self.session = self.store.create(folder)
        for message in messages:
            self.session.append(message)
        self.student = ScriptedStudent([], texts={"compaction": "It was all about files."})
        self.settings = ContextSettings.model_validate(settings)
        self.context = Context(self.session, PROMPT, TOOLS, self.settings, project)
        self.serving = Serving(self.student, PROMPT, window, window // 4, schemas=False)

    async def prepared(self) -> list[str]:
        await self.context.fit(self.serving)
        return await self.told()

    async def told(self) -> list[str]:
        said: list[str] = []
        await self.context.prepare(said.append)
        return said

    async def overflowed(self, needed: int, limit: int) -> tuple[bool, list[str]]:
        said: list[str] = []
        return await self.context.overflowed(ContextOverflow(needed, limit), said.append), said


def reading(number: int) -> list[Message]:
    """A turn of about 330 words."""
    call_id = f"c{number}"
    return [
        asked(f"request {number}"),
        called(call_id, "read_file", path=f"{number}.py"),
        observed(call_id, "read_file", FILE),
        answered(f"answer {number}"),
    ]


def tokens(use: Use) -> dict[str, int]:
    return {part.name: part.tokens for part in use.parts}


async def test_each_part_is_measured_in_the_student_s_tokens(tmp_path: Path) -> None:
    bench = Bench(tmp_path, asked("one two three"), answered("four five"))
    assert await bench.prepared() == []
    use = await bench.context.use()
    sizes = tokens(use)
    assert (use.window, use.reply) == (2000, 500)
    assert sizes["instructions"] == 3 + 12
    assert sizes["tools"] == 22
    assert sizes["examples"] == 6 * (22 + 1 + 1 + 12)
    assert (sizes["requests"], sizes["student"], sizes["results"], sizes["recap"]) == (3 + 6, 3 + 6, 0, 0)
    assert use.used + use.free + use.reply == use.window
    assert bench.context.used == use.used


@pytest.mark.parametrize(
    ("window", "examples", "described"), [(2000, 6, True), (400, 2, True), (160, 1, True), (60, 0, False)]
)
async def test_a_small_window_gives_up_examples_and_then_descriptions_and_says_so(
    tmp_path: Path, window: int, examples: int, described: bool
) -> None:
    bench = Bench(tmp_path, window=window)
    said = " ".join(await bench.prepared())
    assert len(bench.context.prompt.examples) == 2 * examples
    assert bench.context.prompt.describe is described
    assert (f"{6 - examples} of the prompt's 6 examples" in said) is (examples < 6)
    assert ("the descriptions of the tools" in said) is not described
    assert ("set student.context_tokens higher" in said) is (window <= 160)
    assert await bench.told() == []


async def test_G11_a_long_result_is_cut_once_and_said_and_the_session_keeps_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *reading(0)[:2])
    await bench.prepared()
    bench.session.append(observed("c0", "read_file", FILE * 4))
    [said] = await bench.told()
    assert said.startswith("read_file: the student is shown 2")
    assert "of 1,197 tokens, head and tail" in said
    shown = bench.context.conversation().messages[-1].text
    assert "read_file with start_line=" in shown
    assert bench.session.messages[-1].text == FILE * 4
    bench.session.append(answered("done"))
    assert await bench.told() == []
    assert bench.context.conversation().messages[2].text == shown


async def test_a_cut_that_was_found_while_nobody_listened_is_told_with_the_next_decision(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, *reading(0)[:2])
    await bench.prepared()
    bench.session.append(observed("c0", "read_file", FILE * 4))
    await bench.context.use()
    assert "head and tail" in (await bench.told())[0]


async def test_what_was_told_once_is_not_told_again_after_a_restart(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *reading(0)[:2], observed("c0", "read_file", FILE * 4))
    assert await bench.prepared() == []
    assert "left out" in bench.context.conversation().messages[-1].text


async def test_a_student_with_a_smaller_window_is_shown_less_and_it_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *reading(0), window=8000)
    assert await bench.prepared() == []
    bench.serving = Serving(bench.student, PROMPT, 1600, 400, schemas=False)
    assert await bench.prepared() == ["this student is shown 1 earlier result in part only"]


async def test_G11_near_the_limit_it_is_compacted_and_said_with_figures(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *[part for n in range(3) for part in reading(n)], window=1930, observation=0.5)
    assert await bench.prepared() == []
    before = (await bench.context.use()).used
    bench.session.append(asked("word " * 44))
    [said] = await bench.told()
    after = (await bench.context.use()).used
    assert (
        said
        == f"compacted: {before + 50:,} -> {after:,} tokens (3 results reduced); the session keeps all of it"
    )
    assert after < before * 0.7
    assert await bench.told() == []
    assert len(bench.session.messages) == 13


async def test_the_prefix_stays_the_same_bytes_through_compactions(tmp_path: Path) -> None:
    bench = Bench(tmp_path, window=1500, observation=0.5)
    await bench.prepared()
    rendered = []
    for number in range(6):
        for message in reading(number):
            bench.session.append(message)
            await bench.told()
            rendered.append(plain_text(render(bench.context.conversation())))
    assert bench.session.compactions > 1
    prefix = rendered[0].partition("request 0")[0]
    assert len(prefix) > 700
    assert all(text.startswith(prefix) for text in rendered)


async def test_between_compactions_what_was_shown_stays_the_beginning(tmp_path: Path) -> None:
    bench = Bench(tmp_path, window=1500)
    await bench.prepared()
    last, times = "", 0
    for number in range(6):
        for message in reading(number):
            bench.session.append(message)
            await bench.told()
            text = plain_text(render(bench.context.conversation())).removesuffix("<|im_start|>assistant\n")
            if bench.session.compactions == times:
                assert text.startswith(last)
            last, times = text, bench.session.compactions


async def test_the_person_s_words_survive_verbatim(tmp_path: Path) -> None:
    rule = "never, ever, touch src/legacy — not even its comments"
    bench = Bench(tmp_path, asked(rule), answered("I will not."), window=1500)
    await bench.prepared()
    for number in range(8):
        for message in reading(number):
            bench.session.append(message)
            await bench.told()
    shown = "\n".join(m.text for m in bench.context.conversation().messages if m.role == "user")
    assert shown.startswith(rule)
    assert all(f"request {number}" in shown for number in range(8))
    assert bench.session.compactions > 1


async def test_the_project_s_instructions_stay_verbatim_before_all_turns(tmp_path: Path) -> None:
    rules = "AGENTS.md of this project:\nnever touch the lexer\nrun ruff before you answer"
    bench = Bench(tmp_path, window=1500, project=rules)
    assert await bench.prepared() == []
    assert tokens(await bench.context.use())["project"] == 13
    for number in range(6):
        for message in reading(number):
            bench.session.append(message)
            await bench.told()
    await bench.context.compact()
    assert bench.session.compactions > 1
    rendered = plain_text(render(bench.context.conversation()))
    assert rendered.index(rules) < rendered.index("example 0")


async def test_instructions_over_their_budget_lose_their_end_and_it_is_said(tmp_path: Path) -> None:
    rules = "".join(f"rule {n} of many\n" for n in range(400))
    bench = Bench(tmp_path, window=2000, project=rules)
    [said] = await bench.prepared()
    assert f"of the {len(rules):,} characters of the project's instructions are left out" in said
    shown = bench.context.conversation().project
    assert shown.startswith("rule 0 of many\nrule 1 of many\n")
    assert shown.endswith(" of many\n[... cut here ...]")
    assert 300 < tokens(await bench.context.use())["project"] <= 375 * 1.1


async def test_words_that_no_longer_fit_are_said(tmp_path: Path) -> None:
    talk = [part for n in range(14) for part in (asked(f"request {n} " + "word " * 80), answered("done"))]
    bench = Bench(tmp_path, *talk, window=2000)
    said = await bench.prepared()
    assert any("earlier requests" in line and "not shown to the student" in line for line in said)
    assert "requests are left out here" in bench.context.conversation().messages[0].text


async def test_compaction_by_the_person_goes_as_far_as_it_can_and_then_gains_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *reading(0), *reading(1))
    await bench.prepared()
    [said] = await bench.context.compact("")
    assert "1 turn listed in short" in said
    assert await bench.context.compact("") == []
    assert bench.session.compactions == 1


async def test_a_student_that_can_sums_up_and_others_do_not(tmp_path: Path) -> None:
    for number, (setting, summarises, expected) in enumerate(
        [("auto", False, False), ("auto", True, True), ("extract", True, False), ("student", False, True)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = Bench(folder, *reading(0), *reading(1), summary=setting)
        prompt = Prompt("Help.", summarises=summarises)
        await bench.context.fit(Serving(bench.student, prompt, 2000, 500, schemas=False))
        *before, said = await bench.context.compact("the reads")
        assert before == (["the student sums up 1 older turn"] if expected else [])
        assert ("summed up" in said) is expected
        shown = bench.context.conversation().messages[1].text
        assert shown.startswith("It was all about files.\n- read_file" if expected else "- read_file")
        if expected:
            told = bench.student.conversations[-1]
            assert told.signatures == ()
            assert told.messages[-1].text.endswith("Above all keep what concerns: the reads")


async def test_a_request_that_is_too_long_is_refused_with_sizes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.prepared()
    said = await bench.context.too_long("word " * 5000)
    assert said.startswith("this request has 5,000 tokens and the student takes 8")
    assert "file of the workspace" in said
    assert await bench.context.too_long("word " * 500) == ""


async def test_the_room_for_piped_text_is_what_a_request_takes_beside_the_words(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert await bench.context.room_for("word " * 50_000, "why?") == 250_000
    await bench.prepared()
    room = await bench.context.room_for("word " * 50_000, "why?")
    assert await bench.context.too_long("why? " + "word " * (room // 5)) == ""
    assert await bench.context.too_long("why? " + "word " * (room // 4)) != ""
    assert await bench.context.room_for("word", "word " * 9999) == 0


async def test_G11_an_overflow_teaches_the_window_and_makes_room(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *[part for n in range(4) for part in reading(n)], asked("on"), window=8000)
    assert await bench.prepared() == []
    done, said = await bench.overflowed(1600, 1000)
    assert done
    assert "compacted: " in said[-1]
    use = await bench.context.use()
    assert use.window == 1000
    assert use.used <= 750
    assert await bench.prepared() == []
    assert (await bench.context.use()).window == 1000


async def test_G11_an_overflow_that_cannot_be_helped_makes_no_room(tmp_path: Path) -> None:
    bench = Bench(tmp_path, asked("word " * 900), window=8000)
    await bench.prepared()
    assert not (await bench.overflowed(1600, 1000))[0]


async def test_tools_that_go_out_as_schemas_are_measured_as_schemas(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.prepared()
    lines = tokens(await bench.context.use())["tools"]
    await bench.context.fit(Serving(bench.student, PROMPT, 2000, 500, schemas=True))
    assert tokens(await bench.context.use())["tools"] != lines


async def test_before_a_student_serves_all_is_shown_and_nothing_is_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path, *reading(0))
    assert await bench.told() == []
    assert bench.context.conversation().messages == tuple(reading(0))
    assert await bench.context.use() == Use(())
    assert await bench.context.too_long("word " * 9999) == ""
    assert await bench.context.compact() == []
