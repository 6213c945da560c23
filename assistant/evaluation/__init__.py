"""Evaluations that need the whole assistant: the loop, its tools and a proven sandbox."""
