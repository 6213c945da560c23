"""Generated training data: the building blocks of repositories and requests, as data."""
