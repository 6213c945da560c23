"""The index of the replies: nothing that was put is lost, whatever the keys begin with."""

from hypothesis import given, settings
from hypothesis import strategies as st

from training.teachers.key_index import KeyIndex

DIGESTS = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")


@settings(max_examples=15, deadline=None)
@given(keys=st.lists(st.one_of(DIGESTS, st.sampled_from(["0" * 64, "0" * 63 + "1", "f" * 64])), max_size=40))
def test_what_was_put_is_among_the_candidates(keys: list[str]) -> None:
    index = KeyIndex()
    for offset, key in enumerate(keys):
        index.put(key, offset)
    for offset, key in enumerate(keys):
        found = list(index.candidates(key))
        assert offset in found
        assert all(keys[one][:16] == key[:16] for one in found)


def test_it_grows() -> None:
    index = KeyIndex()
    keys = [f"{number * 2654435761 % 2**64:016x}{number:048x}" for number in range(2000)]
    for offset, key in enumerate(keys):
        index.put(key, offset)
    assert [list(index.candidates(key)) for key in keys] == [[offset] for offset in range(2000)]
    assert list(index.candidates("e" * 64)) == []
