"""Answers from results: what is shown is quoted from them, by how sure the student is."""

import pytest

from assistant.agent.steps import Answer, TextDelta
from tests.assistant.agent.conftest import take
from training.student.base import ContextOverflow, Pointed, Spot
from training.student.prompt import shipped_text
from training.student.scripted import ScriptedStudent, call, reads

OVEN = "# Bread\n\n- flour: 500 g\n- oven: 230 °C\n"
READ = call("read_file", path="oven.md")


@pytest.fixture
def ask(make_chat, workspace, tmp_path):
    """``ask(pointed, *calls)``: the answer's text after those calls, how it was streamed, the student."""
    (workspace / "oven.md").write_text(OVEN)
    prompt = tmp_path / "reading.toml"
    prompt.write_text(shipped_text("reading"))

    async def asked(pointed, *calls):
        readings = [] if isinstance(pointed, Exception) else [pointed]
        student = ScriptedStudent([*(calls or (READ,)), reads()], readings=readings)
        if isinstance(pointed, Exception):

            async def overflow(*_):
                raise pointed

            student.read = overflow
        chat = make_chat((), student, student__prompt=str(prompt))
        steps = await take(chat, "how hot is the oven?")
        (answer,) = [step for step in steps if isinstance(step, Answer)]
        assert "".join(step.text for step in steps if isinstance(step, TextDelta)) == answer.text
        return answer.text, student

    return asked


async def test_a_line_it_is_sure_of_is_quoted_with_its_place(ask):
    text, student = await ask(Pointed("line", 0.97, (Spot(0, 3, 0.97),), sure=True))
    assert text == "`oven.md:4`: `- oven: 230 °C`"
    ((question, (passage,)),) = student.read_of
    assert question == "how hot is the oven?"
    assert passage.lines == tuple(OVEN.split("\n"))


async def test_lines_it_is_not_sure_of_are_places_where_it_may_be(ask):
    spots = (Spot(0, 3, 0.5), Spot(0, 2, 0.3))
    text, _ = await ask(Pointed("line", 0.5, spots))
    assert text == (
        "I am not sure. Possibly here:\n\n- `oven.md:4`: `- oven: 230 °C`\n- `oven.md:3`: `- flour: 500 g`"
    )


async def test_what_is_not_there_is_not_found_and_what_was_not_read_is_said(ask):
    text, _ = await ask(Pointed("none", 0.9, unread=240))
    assert text == "I did not find that in `oven.md`.\n\n240 lines that seemed less likely were not read."


async def test_a_line_of_a_part_of_a_file_has_its_number_in_the_file(ask):
    part = call("read_file", path="oven.md", start_line=3, end_line=4)
    text, student = await ask(Pointed("line", 0.97, (Spot(0, 2, 0.97),), sure=True), part)
    (_, (passage,)), *_ = student.read_of
    assert passage.lines[2] == "- oven: 230 °C"
    assert text == "`oven.md:4`: `- oven: 230 °C`"


async def test_a_match_says_its_place_itself(ask):
    search = call("search_files", pattern="oven")
    text, _ = await ask(Pointed("line", 0.97, (Spot(0, 0, 0.97),), sure=True), search)
    assert text.startswith("`oven.md:4:")


async def test_the_whole_result_stands_below_the_summary(ask):
    text, _ = await ask(Pointed("result", 0.9))
    assert text == f"oven.md, 4 lines.\n\n```\n{OVEN}\n```"


async def test_what_was_done_is_the_hosts_to_say(ask):
    text, _ = await ask(Pointed("done", 0.9))
    assert text == "oven.md, 4 lines."


async def test_a_window_too_small_for_a_piece_shows_the_result(ask):
    text, _ = await ask(ContextOverflow(900, 512))
    assert "- oven: 230 °C" in text


async def test_only_the_last_round_is_read(ask):
    config = call("read_file", path="config.py")
    _, student = await ask(Pointed("none", 0.9), config, READ)
    ((_, passages),) = student.read_of
    assert [one.call.arguments["path"] for one in passages] == ["oven.md"]


async def test_what_the_host_can_count_is_not_pointed_at(make_chat, workspace, tmp_path):
    (workspace / "oven.md").write_text(OVEN)
    prompt = tmp_path / "reading.toml"
    prompt.write_text(shipped_text("reading"))
    student = ScriptedStudent([READ, reads()])
    chat = make_chat((), student, student__prompt=str(prompt))
    steps = await take(chat, "how many lines are in oven.md?")
    assert steps[-1].text == "oven.md has 4 lines."
    assert "".join(step.text for step in steps if isinstance(step, TextDelta)) == steps[-1].text
    assert not steps[-1].contradicted
    assert student.read_of == []
