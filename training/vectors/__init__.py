"""Texts as vectors by tables that come with the program: numpy alone, and no model to run."""
