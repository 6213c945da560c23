"""What the host knows of a turn, from its record: never from what a model says."""
