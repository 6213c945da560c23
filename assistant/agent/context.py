"""What of a session the student is shown.

Invariant: the prefix (instructions, tools, examples) is the same bytes in every turn, and nothing is left
out without a word: a dropped turn is said to the person, a shortened observation says so in its text.
"""

from dataclasses import replace

from assistant.agent.sessions import Session
from tools.protocol.messages import Conversation, Message, Prompt, Signature

KEPT_SHARE = 0.6
SMALLEST_OBSERVATION = 400


class Context:
    """The view of one session that fits the student's window."""

    def __init__(self, session: Session, prompt: Prompt, signatures: tuple[Signature, ...]) -> None:
        self.session = session
        self.prompt = prompt
        self.signatures = signatures
        self.project = ""
        self._first = 0
        self._observation = 3000

    def fit_window(self, tokens: int) -> None:
        """Size observations for a window of ``tokens``: no single one takes more than an eighth of it."""
        self._observation = max(SMALLEST_OBSERVATION, tokens * 3 // 8)

    def conversation(self) -> Conversation:
        """What the student sees now."""
        messages = self.session.messages[self._first :]
        shown = tuple(self._shortened(message) for message in messages)
        return Conversation(self.prompt, self.signatures, shown, self.project)

    def trim(self, needed: int, limit: int) -> str:
        """Make room where ``needed`` tokens exceed ``limit``; what was left out, in one line.

        The oldest turns go first, far enough that the next turns fit without moving the prefix again;
        then observations are cut shorter. Empty where nothing can be left out any more.
        """
        sizes = [_size(message) for message in self.session.messages[self._first :]]
        budget = sum(sizes) * (1 - (needed - limit * KEPT_SHARE) / needed)
        starts = [
            index
            for index, message in enumerate(self.session.messages)
            if index > self._first and message.role == "user"
        ]
        for start in starts:
            if sum(sizes[start - self._first :]) <= budget or start == starts[-1]:
                dropped = start - self._first
                self._first = start
                return (
                    f"the conversation no longer fits: the student is not shown its {dropped} oldest messages"
                )
        if self._observation > SMALLEST_OBSERVATION:
            self._observation = max(SMALLEST_OBSERVATION, self._observation // 2)
            return f"results no longer fit: the student is shown {self._observation} characters of each"
        return ""

    def parts(self) -> list[tuple[str, str]]:
        """What the window is made of: a label and its text."""
        conversation = self.conversation()
        examples = "\n".join(_text(message) for message in self.prompt.examples)
        tools = "\n".join(f"{one.name} {one.description}" for one in self.signatures)
        by_role = {
            role: "\n".join(_text(message) for message in conversation.messages if message.role == role)
            for role in ("user", "assistant", "tool")
        }
        return [
            ("instructions", self.prompt.instructions),
            ("tools", tools),
            ("examples", examples),
            ("project", self.project),
            ("requests", by_role["user"]),
            ("student", by_role["assistant"]),
            ("results", by_role["tool"]),
        ]

    def _shortened(self, message: Message) -> Message:
        if message.role != "tool" or len(message.text) <= self._observation:
            return message
        head, tail = self._observation * 2 // 3, self._observation // 3
        left_out = len(message.text) - head - tail
        note = f"\n[... {left_out} characters left out ...]\n"
        return replace(message, text=message.text[:head] + note + message.text[-tail:])


def _text(message: Message) -> str:
    return message.text or "\n".join(f"{call.tool} {call.arguments}" for call in message.calls)


def _size(message: Message) -> int:
    return len(_text(message)) + 8
