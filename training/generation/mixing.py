"""How many examples each provider makes, and in which order they come.

Invariant: the counts add up to what was asked for, none is more than one off its share, and so it is at any
point on the way.
"""

from collections.abc import Mapping, Sequence

from training.generation.base import GenerationError

ALL = 100


def read_mix(providers: str, ratio: str) -> dict[str, int]:
    """``anthropic,openai,local`` and ``40,40,20`` as shares in percent. Raises GenerationError."""
    names = [name.strip() for name in providers.split(",") if name.strip()]
    if not names or len(set(names)) != len(names):
        raise GenerationError(f"--providers {providers}: name each provider once, separated by commas")
    try:
        shares = [int(part) for part in ratio.split(",")] if ratio else even(len(names))
    except ValueError:
        raise GenerationError(f"--mix-ratio {ratio}: write whole numbers, such as 40,40,20") from None
    if len(shares) != len(names):
        raise GenerationError(f"--mix-ratio has {len(shares)} shares for {len(names)} providers")
    if min(shares) < 1 or sum(shares) != ALL:
        raise GenerationError(
            f"--mix-ratio {ratio}: the shares add up to {sum(shares)}, not to {ALL}, or one is below 1"
        )
    return dict(zip(names, shares, strict=True))


def even(count: int) -> list[int]:
    """Equal shares in percent."""
    return list(counts(ALL, {str(number): 1 for number in range(count)}).values())


def counts(total: int, shares: Mapping[str, int]) -> dict[str, int]:
    """``total`` by largest remainder; of equal remainders the first one wins."""
    whole = sum(shares.values())
    made = {name: total * share // whole for name, share in shares.items()}
    rest = sorted(shares, key=lambda name: -(total * shares[name] % whole))
    for name in rest[: total - sum(made.values())]:
        made[name] += 1
    return made


def next_of(wanted: Mapping[str, int], made: Mapping[str, int], open_: Sequence[str]) -> str:
    """Which of ``open_`` makes the next example: the one that is furthest behind its share."""
    total, so_far = sum(wanted.values()), sum(made.values()) + 1
    return max(open_, key=lambda name: wanted[name] * so_far - made[name] * total)
