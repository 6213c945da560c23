"""How two students stand, in words. Pure."""

from training.evaluation.votes import Standing

KEYS = "1 left is better · 2 right is better · e equal · n neither · s another"


def standing_text(found: Standing, names: tuple[str, str]) -> str:
    """The result with its interval, and whether it may be chance; it tells who is who."""
    first, second = names
    if found.share is None or found.low is None or found.high is None:
        return f"{first} against {second}: no vote has decided yet ({_others(found)})"
    decided = found.won + found.lost
    verdict = "that may be chance" if found.low <= 0.5 <= found.high else "that is hardly chance"
    return (
        f"{first} was preferred to {second} in {found.won} of {decided}: {found.share:.0%}, 95 % interval "
        f"{found.low:.0%} to {found.high:.0%}, p {found.chance:.2g}; {verdict} ({_others(found)})"
    )


def votes_text(found: Standing, same: int) -> str:
    """How many votes there are; nothing of how they went."""
    votes = "1 vote" if found.votes == 1 else f"{found.votes} votes"
    alike = f", {same} times both chose the same" if same else ""
    return f"{votes} so far{alike}; r shows the result and who is who"


def _others(found: Standing) -> str:
    return f"{found.equal} equal, {found.neither} neither"
