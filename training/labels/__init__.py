"""Who was right about a decision, and how that is known: the one place where it is judged.

Invariant: a label has a source and a strength; what nobody said, proved or let stand teaches nothing.
"""

from training.labels.label import Label, label_of

__all__ = ["Label", "label_of"]
