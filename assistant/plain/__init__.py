"""The line-based interface: the parts of the plain REPL, some of them shared with one-shot mode."""
