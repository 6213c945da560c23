"""What a command line is taken apart into. Plain data, no judgement."""

from dataclasses import dataclass, field

from tools.permissions.words import Word


@dataclass(frozen=True)
class Part:
    """One simple command.

    ``words`` is the program and its arguments; empty for a lone redirection or assignment.
    ``assignments`` are its ``NAME=value`` prefixes. ``writes`` are the targets its output is
    redirected to, ``/dev/null`` left out. ``passes_on``: it only runs the part after it
    (``timeout 5 ls``), which is approved in its place. ``within``: it is an argument of the part
    before it (``find -exec``), which is approved in its place. Both are denied on their own. ``read``: what
    its words could do was doubted where they were read, as those between the brackets of a test.
    """

    text: str
    words: tuple[Word, ...] = ()
    assignments: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    passes_on: bool = False
    within: bool = False
    read: bool = False

    @property
    def program(self) -> str:
        """The program's name as written, or empty where it is not literal."""
        return self.words[0].text if self.words and self.words[0].literal else ""


@dataclass(frozen=True)
class Parsed:
    """A command line in parts.

    ``broken`` says why it could not be read whole (then ``parts`` may be incomplete). ``unclear``
    are reasons for which it could run something that no part shows. Either one is never allowed by
    a rule on parts.
    """

    parts: tuple[Part, ...] = ()
    broken: str = ""
    unclear: tuple[str, ...] = field(default=())

    @property
    def clear(self) -> bool:
        return not self.broken and not self.unclear
