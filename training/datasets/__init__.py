"""Training examples and the datasets that they are in: what generation and curation make, and what
fine-tuning reads.
"""
