"""How the student learns: the event log, the student's runtime, and everything built over them."""
