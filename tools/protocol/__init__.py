"""The calling protocol: the one place that renders the prompt, makes the grammar and parses a call.

Training examples are rendered by this very code, so that what the student learnt is what it sees.
"""
