"""A conversation as data, before it is rendered for any model."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tools.calls import ToolCall

Role = Literal["user", "assistant", "tool"]


@dataclass(frozen=True)
class Message:
    """One turn.

    user: ``text`` is the request; with ``tool``, a command of the person's own and its output.
    assistant: ``calls`` made, or ``text`` as the answer (and ``thought`` before either). tool:
    ``text`` is the observation for the call ``call_id`` of the tool ``tool``; ``failed`` where the call
    did not succeed, which the student reads in the text.
    """

    role: Role
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    thought: str = ""
    call_id: str = ""
    tool: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Signature:
    """What the student is told of one tool. ``parameters`` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """How a student that was tuned for it answers from a result: it points at a line instead of writing.

    ``instructions`` open the prompt of every reading. ``likeness`` and ``written`` weigh the characters that
    a line shares with the question, and the short answer that the student writes, against its own scores of
    the lines, all in nats; ``absent`` is added to the score of there being no answer. ``sure`` is the share
    from which a line is shown as the answer, ``possible`` the one from which lines are shown as guesses. The
    weights and bounds are fitted on texts that nobody trained on (``apprentice eval reading --fit``).
    """

    instructions: str
    likeness: float = 0.0
    written: float = 0.0
    absent: float = 0.0
    sure: float = 0.9
    possible: float = 0.5


@dataclass(frozen=True)
class Prompt:
    """What a student was tuned with, apart from its weights; the same in every conversation.

    ``examples`` are turns shown before the conversation. ``describe`` says whether the tools'
    descriptions are shown. ``max_calls`` and ``think_tokens`` bound one decision; ``max_rounds`` is how
    many decisions of a turn may call tools before the student answers, 0 for as many as the loop allows.
    ``summarises`` says that the student can sum up a conversation. ``selection`` is what the student should
    choose from where a turn begins, as ``tools.selection.offer`` makes it. ``known`` names the tools that the
    student was tuned with, which it is shown without their descriptions. ``likeness`` is how much it counts
    for any other tool how like the request is to its description: a factor for the ranker's log-odds, 0 for
    not at all. ``reading`` says how the student answers from a result; None where it writes such answers.
    """

    instructions: str
    examples: tuple[Message, ...] = ()
    describe: bool = True
    max_calls: int = 4
    think_tokens: int = 0
    max_rounds: int = 0
    summarises: bool = False
    selection: Literal["all", "shortlist", "bundles"] = "all"
    known: tuple[str, ...] = ()
    likeness: float = 0.0
    reading: Reading | None = None

    def describes(self, tool: str) -> bool:
        """Whether the description of the tool with that name is shown."""
        return self.describe and tool not in self.known


@dataclass(frozen=True)
class Hint:
    """What an earlier correction says of the next decision, for a student that chooses names by their odds.

    ``odds`` are added to the logits of names. Where ``tool`` is chosen, it takes ``arguments`` as they are;
    where they are None, the student writes them. It is no part of the prompt.
    """

    tool: str
    odds: dict[str, float]
    arguments: dict[str, Any] | None = None


@dataclass(frozen=True)
class Conversation:
    """All that the student sees: its prompt, the tools on offer (``answer`` among them), the turns.

    ``project`` is what the person's own instruction file says, or empty. ``hint`` is for the next decision.
    """

    prompt: Prompt
    signatures: tuple[Signature, ...] = ()
    messages: tuple[Message, ...] = ()
    project: str = ""
    hint: Hint | None = None


def message_to_dict(message: Message) -> dict[str, Any]:
    """A JSON-ready object without the empty fields. It shares the arguments of calls with the message."""
    found = {name: value for name, value in vars(message).items() if value}
    if message.calls:
        found["calls"] = tuple(dict(vars(call)) for call in message.calls)
    return found


def signature_to_dict(signature: Signature) -> dict[str, Any]:
    """A JSON-ready object. It shares the schema with the signature."""
    return dict(vars(signature))


def message_from_dict(data: Mapping[str, Any]) -> Message:
    """The inverse of ``message_to_dict``. Raises KeyError or TypeError where ``data`` is not one."""
    calls = tuple(ToolCall(**call) for call in data.get("calls", ()))
    rest = {name: value for name, value in data.items() if name not in ("role", "calls")}
    return Message(role=data["role"], calls=calls, **rest)


def conversation_to_dict(conversation: Conversation) -> dict[str, Any]:
    """A JSON-ready object."""
    data = asdict(conversation)
    data["prompt"]["examples"] = [message_to_dict(message) for message in conversation.prompt.examples]
    data["messages"] = [message_to_dict(message) for message in conversation.messages]
    return data


def conversation_from_dict(data: Mapping[str, Any]) -> Conversation:
    """The inverse of ``conversation_to_dict``."""
    prompt = dict(data["prompt"])
    prompt["examples"] = tuple(message_from_dict(message) for message in prompt["examples"])
    prompt["known"] = tuple(prompt["known"])
    if reading := prompt.get("reading"):
        prompt["reading"] = Reading(**reading)
    return Conversation(
        prompt=Prompt(**prompt),
        signatures=tuple(Signature(**signature) for signature in data["signatures"]),
        messages=tuple(message_from_dict(message) for message in data["messages"]),
        project=data["project"],
        hint=Hint(**data["hint"]) if data.get("hint") else None,
    )
