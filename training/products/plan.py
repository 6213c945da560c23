"""In which order rows are looked at, so that few are looked at in vain.

Invariant: every plan gives the same rows in the same order; only the work differs. Rows come as they are
found, so that a limit ends the walk.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from training.products.columns import Chosen, Column
from training.products.filters import Key

Test = Callable[[int], bool]
"""Whether the row at a place fulfils the conditions that no index answers."""
KeyAt = Callable[[int], Key]
"""What the row at a place is sorted by."""


def in_file_order(chosen: Sequence[Chosen], size: int, limit: int | None, test: Test | None) -> Iterator[int]:
    """Rows that fulfil all of ``chosen``, in the order of the file."""
    one_value = [one for one in chosen if len(one.ranks) == 1]
    if one_value:
        best = min(one_value, key=_count)
        places: Iterable[int] = best.column.at(best.ranks[0])
    elif _few(chosen, size, limit):
        best = min(chosen, key=_count)
        places = sorted(best.positions())
    else:
        return _matching(range(size), chosen, test)
    return _matching(places, [one for one in chosen if one is not best], test)


def in_field_order(
    column: Column, falling: bool, chosen: Sequence[Chosen], size: int, limit: int | None, test: Test | None
) -> Iterator[int]:
    """The same in the order of an indexed field; rows of one value in the order of the file."""
    if _few(chosen, size, limit):
        found = in_file_order(chosen, size, None, test)
        yield from sorted(found, key=column.rank_of.__getitem__, reverse=falling)
        return
    own = next((one for one in chosen if one.column is column), None)
    ranks = own.ranks if own else range(len(column.keys))
    others = [one for one in chosen if one is not own]
    for rank in reversed(ranks) if falling else ranks:
        yield from _matching(column.at(rank), others, test)


def in_any_order(
    key_at: KeyAt, falling: bool, chosen: Sequence[Chosen], size: int, test: Test | None
) -> list[int]:
    """The same in the order of a field without an index: every row that matches is read."""
    found = list(in_file_order(chosen, size, None, test))
    keys: Mapping[int, Key] = {place: key_at(place) for place in found}
    return sorted(found, key=keys.__getitem__, reverse=falling)


def _count(chosen: Chosen) -> int:
    return chosen.count


def _few(chosen: Sequence[Chosen], size: int, limit: int | None) -> bool:
    """Whether gathering the rows of one condition is less work than walking until the limit is met.

    Gathering looks at ``count`` rows; walking, where a share ``count / size`` matches, at ``limit * size /
    count``.
    """
    best = min((one.count for one in chosen), default=None)
    return best is not None and (limit is None or best * best <= limit * size)


def _matching(places: Iterable[int], chosen: Sequence[Chosen], test: Test | None) -> Iterator[int]:
    tests = [(one.column.rank_of, one.test) for one in sorted(chosen, key=_count)]
    for place in places:
        for rank_of, ranks in tests:
            if rank_of[place] not in ranks:
                break
        else:
            if test is None or test(place):
                yield place
