"""What a command raises when it cannot do what was asked."""


class CommandError(Exception):
    """One line for the person: what, where, how to mend it."""


def no_argument(name: str, argument: str) -> None:
    """Refuse an argument to a command that takes none. Raises CommandError."""
    if argument:
        raise CommandError(f"/{name} takes no argument")
