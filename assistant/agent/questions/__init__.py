"""First questions about a project, which the host answers from what it reads."""
