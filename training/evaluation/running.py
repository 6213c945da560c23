"""Asking a student to decide on each case, one after another.

Invariant: a prediction is kept before the next case is begun, so that a run that is stopped, or that fails,
goes on where it was. What the student itself cannot do with a case is a prediction with a problem; what keeps
it from serving at all ends the run.
"""

from collections.abc import Awaitable, Callable, Sequence

from tools.protocol.messages import Conversation, Prompt
from training.evaluation.cases import Case
from training.evaluation.predictions import Prediction, prediction
from training.evaluation.unfinished import Unfinished
from training.student.base import ContextOverflow, Decision, Student, StudentDied, StudentUndecided
from training.student.other_tools import for_tools

OnPrediction = Callable[[Prediction], None]
Decide = Callable[[Student, Conversation], Awaitable[Decision]]


async def alone(student: Student, conversation: Conversation) -> Decision:
    """The decision of the student itself, with every tool on offer."""
    return await student.decide(conversation)


async def predict_all(
    student: Student,
    cases: Sequence[Case],
    prompt: Prompt,
    kept: Unfinished[Prediction],
    on_prediction: OnPrediction = lambda made: None,
    decide: Decide = alone,
) -> list[Prediction]:
    """A prediction for each case, in their order; those in ``kept`` are taken from there.

    ``decide`` asks the student; whoever narrows its tools hands in a way of their own. Raises StudentError,
    OSError, or asyncio.CancelledError after the student has stopped.
    """
    left = [case for case in cases if case.id not in kept.made]
    if left:
        await student.start()
        # As the chat does before the first request, so that no case pays for the prefix that all share.
        await student.warm(left[0].conversation(for_tools(prompt, left[0].offered())))
    for case in left:
        made = await _predict(student, case, case.conversation(for_tools(prompt, case.offered())), decide)
        kept.add(made)
        on_prediction(made)
    return [kept.made[case.id] for case in cases]


async def _predict(student: Student, case: Case, conversation: Conversation, decide: Decide) -> Prediction:
    try:
        return prediction(case.id, await _decided(student, conversation, decide))
    except (ContextOverflow, StudentUndecided, StudentDied) as error:
        return Prediction(case.id, problem=str(error))


async def _decided(student: Student, conversation: Conversation, decide: Decide) -> Decision:
    """Once more where the student's process died."""
    try:
        return await decide(student, conversation)
    except StudentDied:
        return await decide(student, conversation)
