"""From decisions to the smallest set of examples that teaches the most.

Invariant: what is left out is named with its reason; the same decisions, recipe and seed give the same set.
"""
