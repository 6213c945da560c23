"""Corrections that count at once: what a user said of one request decides the next one like it, untrained."""
