"""Where a call runs: one sandbox contract over Docker and bubblewrap, proven by a canary."""
