"""A teacher multiplies an example: other people make the same request, and the right calls stay as they are.

Invariant: what a call takes from the request stands in every wording of it, letter by letter. An answer that
was translated has the names, paths and numbers of the one that was right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson

from tools.protocol.calls import write_turn
from tools.protocol.messages import Message
from training.datasets.example import Example, example_id
from training.generation.people import Person
from training.generation.tally import Rejection, last_request
from training.teachers.base import TeacherReply, TeacherRequest
from training.teachers.prompts import teacher_prompt, written_conversation, written_tools

SCHEMA = {
    "type": "object",
    "properties": {
        "requests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"request": {"type": "string"}, "answer": {"type": "string"}},
                "required": ["request", "answer"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["requests"],
    "additionalProperties": False,
}
_FACT = re.compile(r"`[^`]+`|\S*[\d/_]\S*")
_AROUND = "`'\"“”„«».,;:!?()[]"
Made = Example | Rejection


def multiply_request(id_: str, seed: Example, people: Sequence[Person]) -> TeacherRequest:
    """What a teacher is asked for ``people`` to say what the last request of ``seed`` says."""
    prompt = teacher_prompt("multiply")
    last = _last(seed)
    decision = [
        write_turn(turn.calls, turn.text) for turn in seed.messages[last:] if turn.role == "assistant"
    ]
    asked = prompt.fill(
        tools=written_tools(seed.tools),
        conversation=written_conversation(seed.messages[: last + 1]),
        decision="\n".join(decision),
        verbatim=orjson.dumps(verbatim(seed)).decode(),
        people="\n".join(orjson.dumps(asdict(person)).decode() for person in people),
    )
    return TeacherRequest(
        id=id_,
        messages=(Message("user", text=asked),),
        system=prompt.system,
        schema=SCHEMA,
        prompt_version=prompt.version,
    )


def multiplied(seed: Example, people: Sequence[Person], reply: TeacherReply) -> list[Made]:
    """An example for each person, or why there is none."""
    if reply.data is None:
        return [Rejection("no reply", f"the teacher wrote nothing: {reply.text or reply.stop}")]
    given = reply.data["requests"]
    found: list[Made] = [_read(seed, person, one) for person, one in zip(people, given, strict=False)]
    if missing := len(people) - len(found):
        found += [Rejection("missing", f"the teacher wrote {len(given)} requests of {len(people)}")] * missing
    cost = reply.cost_usd / len(people) if reply.cost_usd is not None else None
    made_by = {
        "provider": reply.provider,
        "model": reply.model,
        "prompt_version": reply.prompt_version,
        "cost_usd": cost,
    }
    return [
        replace(one, source={**one.source, **made_by}) if isinstance(one, Example) else one for one in found
    ]


def verbatim(example: Example) -> list[str]:
    """What the calls after the last request take from it, the longest first."""
    request = last_request(example)
    turns = example.messages[_last(example) :]
    values = {value for turn in turns for call in turn.calls for value in _values(call.arguments)}
    return sorted(
        (value for value in values if _stands(value, request)), key=lambda value: (-len(value), value)
    )


def _values(argument: Any) -> Iterator[str]:
    if isinstance(argument, dict):
        argument = list(argument.values())
    if isinstance(argument, list):
        for one in argument:
            yield from _values(one)
    elif isinstance(argument, int | float) and not isinstance(argument, bool):
        yield str(argument)
    elif isinstance(argument, str) and argument.strip():
        yield argument.strip()


def _stands(value: str, text: str) -> bool:
    """A number stands as a whole one, a text anywhere."""
    if value.lstrip("-").replace(".", "", 1).isdigit():
        return re.search(rf"(?<![\d.]){re.escape(value)}(?![\d]|\.\d)", text) is not None
    return value in text


def _read(seed: Example, person: Person, given: dict[str, str]) -> Made:
    request = given["request"].strip()
    lost = [value for value in verbatim(seed) if not _stands(value, request)]
    if not request or lost:
        return Rejection("arguments", f"{lost[0] if lost else 'everything'} is missing in: {request}")
    turns = list(seed.messages)
    last = _last(seed)
    turns[last] = replace(turns[last], text=request)
    said = turns[-1].text
    if said and person.language != seed.source.get("language", "en"):
        answer = given["answer"].strip()
        changed = [fact for fact in facts(said) if fact not in answer]
        if changed or not answer:
            missing = changed[0] if changed else "everything"
            return Rejection("answer", f"{missing} is missing in the answer: {answer}")
        turns[-1] = replace(turns[-1], text=answer)
    source = {**seed.source, "seed": seed.id, **asdict(person)}
    messages = tuple(turns)
    return replace(seed, id=example_id(messages, seed.tools), messages=messages, source=source)


def facts(answer: str) -> list[str]:
    """What may not change when an answer is translated: code, paths, names with an underscore, numbers."""
    found = (match.strip(_AROUND) for match in _FACT.findall(answer))
    return [fact for fact in dict.fromkeys(found) if fact]


def _last(example: Example) -> int:
    """Where the last request stands."""
    return max(place for place, turn in enumerate(example.messages) if turn.role == "user")
