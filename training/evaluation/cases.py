"""Evaluation cases: a conversation, the tools on offer, and the decisions that are right.

A file holds one JSON object a line: ``{"id", "request" | "messages", "tools"?, "expected": [{"tool",
"arguments": {name: [acceptable values, "*" for any]}}, ...], "match"?: "any" | "all", "tags"?: [...],
"group"?: NAME}``.
Invariant: a case that was read offers the tools that it expects, and names only arguments that they have.
"""

import hashlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Message, Prompt, Signature
from tools.protocol.openai_form import FormError, read_messages, read_tools
from tools.registry import ANSWER as ANSWER_SIGNATURE
from tools.registry import builtin_registry

ANY = "*"
Rule = Literal["any", "all", "bfcl", "some_call"]


class CaseFileError(Exception):
    """A file of cases cannot be used. ``problems`` are lines, each with the file and the line in it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Expected:
    """A right call. ``arguments`` holds the acceptable values of each; any other argument is wrong.

    An argument that is left out counts as ``null`` and as ``""``; ``"*"`` accepts any value and none.
    """

    tool: str
    arguments: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Case:
    """One decision to judge.

    ``signatures`` are the case's own tools; None where the built-in ones are offered. ``rule``: ``any``
    (each call made is one of ``expected``), ``all`` (the calls are ``expected``, in any order), ``bfcl``
    (the same by BFCL's rules), ``some_call`` (whatever is called is right). Cases of one ``group`` say the
    same in other words.
    """

    id: str
    messages: tuple[Message, ...]
    expected: tuple[Expected, ...]
    signatures: tuple[Signature, ...] | None = None
    system: str = ""
    tags: tuple[str, ...] = ()
    rule: Rule = "any"
    group: str = ""

    @property
    def request(self) -> str:
        """What the person said last."""
        return next((one.text for one in reversed(self.messages) if one.role == "user"), "")

    @property
    def wants_answer(self) -> bool:
        """True where nothing but an answer is right."""
        return self.rule != "some_call" and all(one.tool == ANSWER for one in self.expected)

    def offered(self) -> tuple[Signature, ...]:
        """The tools on offer, ``answer`` last."""
        return builtin() if self.signatures is None else (*self.signatures, ANSWER_SIGNATURE)

    def conversation(self, prompt: Prompt) -> Conversation:
        """What the student sees."""
        return Conversation(prompt, self.offered(), self.messages, self.system)


def builtin() -> tuple[Signature, ...]:
    """The built-in tools and ``answer``."""
    return builtin_registry().signatures()


def fingerprint(cases: Sequence[Case]) -> str:
    """The same for the same cases, however their file is written."""
    data = orjson.dumps([asdict(case) for case in cases], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()[:16]


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, empty lines passed over. Raises CaseFileError with every line that is wrong."""
    cases: dict[str, Case] = {}
    problems: list[str] = []
    for number, line in lines_of(path):
        try:
            case = _case(line)
            if case.id in cases:
                raise FormError(f"the id {case.id!r} was used before")
            cases[case.id] = case
        except FormError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise CaseFileError(problems)
    if not cases:
        raise CaseFileError([f"{path}: there are no cases in this file"])
    return tuple(cases.values())


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold something, with their numbers. Raises CaseFileError."""
    try:
        content = path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        raise CaseFileError([f"{path}: {error.strerror or error}"]) from None
    yield from ((number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip())


def _case(line: bytes) -> Case:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise FormError(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise FormError("a case is a JSON object")
    identity = data.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool) or identity == "":
        raise FormError("`id` is missing; give each case one of its own")
    system, messages = _conversation(data)
    signatures = read_tools(data["tools"]) if data.get("tools") is not None else None
    case = Case(
        id=str(identity),
        messages=messages,
        expected=_expected(data.get("expected")),
        signatures=signatures,
        system=system,
        tags=_tags(data.get("tags", [])),
        rule=_rule(data.get("match", "any")),
        group=_group(data.get("group", "")),
    )
    _check(case)
    return case


def _conversation(data: Mapping[str, Any]) -> tuple[str, tuple[Message, ...]]:
    request, messages = data.get("request"), data.get("messages")
    if (request is None) == (messages is None):
        raise FormError("give either `request` or `messages`")
    if request is not None:
        if not isinstance(request, str) or not request.strip():
            raise FormError("`request` must be a text")
        return "", (Message("user", text=request),)
    system, turns = read_messages(messages)
    if not turns or turns[-1].role == "assistant":
        raise FormError("the last message must be the user's or a tool's: the student decides after it")
    return system, turns


def _expected(listed: Any) -> tuple[Expected, ...]:
    if not isinstance(listed, list) or not listed:
        raise FormError("`expected` must be a list with at least one right decision")
    return tuple(_right(one, f"expected[{index}]") for index, one in enumerate(listed))


def _right(one: Any, where: str) -> Expected:
    if not isinstance(one, dict) or not isinstance(one.get("tool"), str):
        raise FormError(f'{where} must be {{"tool", "arguments"}}')
    arguments = one.get("arguments", {})
    if not isinstance(arguments, dict):
        raise FormError(f"{where}.arguments must be an object")
    for name, values in arguments.items():
        if values != ANY and (not isinstance(values, list) or not values):
            raise FormError(f'{where}.arguments.{name} must be a list of acceptable values, or "{ANY}"')
    return Expected(one["tool"], {name: tuple(values) for name, values in arguments.items()})


def _tags(listed: Any) -> tuple[str, ...]:
    if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
        raise FormError("`tags` must be a list of texts")
    return tuple(listed)


def _group(written: Any) -> str:
    if not isinstance(written, str):
        raise FormError("`group` must be a text")
    return written


def _rule(written: Any) -> Rule:
    if written == "any" or written == "all":
        return written  # type: ignore[no-any-return]
    raise FormError(f'`match` must be "any" or "all", not {written!r}')


def _check(case: Case) -> None:
    """Raises FormError where a case expects what cannot be done with its tools."""
    offered = {one.name: one for one in case.offered()}
    for index, right in enumerate(case.expected):
        if right.tool not in offered:
            raise FormError(f"expected[{index}]: `{right.tool}` is not among the tools on offer")
        if right.tool == ANSWER:
            continue
        known = offered[right.tool].parameters.get("properties", {})
        for name in right.arguments:
            if name not in known:
                raise FormError(f"expected[{index}]: `{right.tool}` has no argument `{name}`")
