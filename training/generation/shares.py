"""Soft labels for an example that is there already: the teacher's distribution over the tools."""

from dataclasses import replace

from training.datasets.example import Example
from training.generation.labelling import decided_of, offered_shares
from training.teachers.base import Shares, TeacherProvider
from training.teachers.relabelling import relabel_request
from training.teachers.run import TeacherRun
from training.teachers.soft_labels import asks_letters, letters_request, read_letters


async def with_shares(run: TeacherRun, provider: TeacherProvider, id_: str, example: Example) -> Example:
    """With shares where the teacher gives some and the first decision is the last one, which they are about.

    Raises as ``TeacherRun.answered`` does.
    """
    decided = decided_of(id_, example)
    if len(decided.messages) != len(example.messages) - 1:
        return example
    shares: Shares = ()
    request = relabel_request(decided)
    if asks_letters(provider.config, request):
        answered = await run.answered(provider, letters_request(request))
        shares = read_letters(request, answered.reply) if answered.reply else ()
    elif provider.config.provider == "local":
        answered = await run.answered(provider, request)
        shares = answered.reply.shares if answered.reply else ()
    return replace(example, shares=offered_shares(shares, example))
