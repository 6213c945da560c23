"""What is learned from together: whole, in an order that repeats, and no larger than there is room."""

import random
from dataclasses import replace

from tests.training.finetune.tiny import TOOLS, call, foreign, sized, talk
from training.finetune.batches import MicroBatch, Room, steps

EXAMPLES = sized(
    *(call(number, TOOLS[: 2 + number % 2]) for number in range(50)),
    *(talk(number) for number in range(13)),
    *(foreign(number) for number in range(20)),
)
ROOM = Room(batch=8, micro_batch=4, micro_tokens=2000)


def made(seed: int, epoch: int, room: Room = ROOM) -> list[list[MicroBatch]]:
    return list(steps(EXAMPLES, room, seed=seed, epoch=epoch, shuffle_tools=True))


def test_batches_follow_from_seed_and_epoch_and_hold_every_example_once():
    assert made(1, 0) == made(1, 0)
    assert made(1, 0) != made(1, 1)
    assert made(1, 0) != made(2, 0)
    seen = [each for step in made(1, 0) for batch in step for each in batch.examples]
    assert sorted(each.id for each in seen) == sorted(each.example.id for each in EXAMPLES)


def test_every_example_is_offered_its_own_tools():
    for batch in (batch for step in made(1, 0) for batch in step):
        assert len(batch.examples) <= 4
        for example, tools in zip(batch.examples, batch.tools, strict=True):
            assert sorted(each.name for each in tools) == sorted(each.name for each in example.tools)


def test_examples_with_the_same_tools_see_them_in_the_same_order_and_the_others_are_not_alone():
    batches = [batch for step in made(1, 0) for batch in step]
    own = [batch for batch in batches if not batch.examples[0].id.startswith("foreign")]
    assert all(len(set(map(repr, batch.tools))) == 1 for batch in own)
    assert len(batches) - len(own) == 5


def test_what_is_evaluated_at_once_fits_the_room_and_one_that_is_longer_goes_alone():
    long = replace(EXAMPLES[0], ids=700)
    for batch in (
        batch
        for step in steps(
            [*EXAMPLES, long], replace(ROOM, micro_tokens=300), seed=1, epoch=0, shuffle_tools=True
        )
        for batch in step
    ):
        widths = [each.ids for each in sized(*batch.examples)]
        assert len(batch.examples) == 1 or len(widths) * max(widths) <= 300


def test_what_is_said_of_one_reading_is_learned_together():
    readings = [
        replace(each, example=replace(each.example, id=f"{each.example.id}{suffix}"))
        for each in EXAMPLES[:40]
        for suffix in ("", "/written")
    ]
    random.Random(1).shuffle(readings)
    batches = [batch for step in steps(readings, ROOM, seed=1, epoch=0, shuffle_tools=True) for batch in step]
    together = [batch for batch in batches if len({each.id.split("/")[0] for each in batch.examples}) == 2]
    assert len(batches) == 20 and len(together) == 20
