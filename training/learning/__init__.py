"""Learning corrections: what is to be learned, in which wordings, and whether a student has learned it."""
