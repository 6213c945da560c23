"""The distribution over tools that a teacher chooses from, for distillation.

Invariant: shares are what the teacher gave, not smoothed and not scaled to 1: what is missing went to what
was not on offer. A local teacher gives them with every decision. APIs give log-probabilities for texts only,
so the steps are put to the teacher as letters; where there are none, there are no shares.
"""

from math import exp
from string import ascii_letters

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message
from training.teachers.base import ProviderConfig, Shares, TeacherReply, TeacherRequest
from training.teachers.prompts import teacher_prompt, written_conversation

MOST_TOP_TOKENS = 20
LETTER_TOKENS = 16
LETTERS = ":letters"
ANSWER_STEP = "answer the person, or ask for what is missing, without a tool"


def asks_letters(config: ProviderConfig, request: TeacherRequest) -> bool:
    """Whether the distribution behind this request is to be had by one more request."""
    return config.provider == "openai" and 0 < len(request.tools) < len(ascii_letters)


def letters_request(request: TeacherRequest) -> TeacherRequest:
    """The same choice, as one of letters."""
    prompt = teacher_prompt("choose")
    steps = [f"{tool.name}: {tool.description}" for tool in request.tools] + [ANSWER_STEP]
    written = "\n".join(f"{letter}. {step}" for letter, step in zip(ascii_letters, steps, strict=False))
    asked = prompt.fill(steps=written, conversation=written_conversation(request.messages))
    return TeacherRequest(
        id=f"{request.id}{LETTERS}",
        messages=(Message("user", text=asked),),
        system=prompt.system,
        max_tokens=LETTER_TOKENS,
        top_tokens=MOST_TOP_TOKENS,
        purpose=request.purpose,
        prompt_version=prompt.version,
    )


def read_letters(request: TeacherRequest, reply: TeacherReply) -> Shares:
    """The shares of the steps at the first token that is a letter of one."""
    names = [tool.name for tool in request.tools] + [ANSWER]
    of = dict(zip(ascii_letters, names, strict=False))
    for entry in reply.top_tokens:
        shares: dict[str, float] = {}
        for token, logprob in entry:
            if (name := of.get(token.strip())) is not None:
                shares[name] = shares.get(name, 0.0) + exp(min(logprob, 0.0))
        if shares:
            return tuple(sorted(shares.items(), key=lambda pair: -pair[1]))
    return ()
