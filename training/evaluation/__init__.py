"""Judging a student on cases with known right decisions: what it calls, how sure it is, how long it takes."""
