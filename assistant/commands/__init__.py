"""Slash commands: one registry for the TUI and the REPL."""
