"""The messages of the application: what the turn's worker and the widgets post, and nothing more."""

from textual.message import Message

from assistant.agent.steps import Confirmation, Reply, Step
from tools.calls import ToolCall, ToolResult


class StepArrived(Message):
    """The turn yielded a step."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class TurnEnded(Message):
    """The turn is over: answered, failed or interrupted."""


class JobEnded(Message):
    """A job ended, and it was told."""


class Submitted(Message):
    """The person sent ``text`` (not empty). ``queued`` where it waits for the turn to end."""

    def __init__(self, text: str, *, queued: bool = False) -> None:
        super().__init__()
        self.text = text
        self.queued = queued


class Replied(Message):
    """The person answered a confirmation."""

    def __init__(self, confirmation: Confirmation, reply: Reply) -> None:
        super().__init__()
        self.confirmation = confirmation
        self.reply = reply


class DetailsWanted(Message):
    """The person wants a call and its whole result."""

    def __init__(self, call: ToolCall, result: ToolResult | None) -> None:
        super().__init__()
        self.call = call
        self.result = result


class EarlierWanted(Message):
    """The transcript is at its top and the person scrolls further up."""
