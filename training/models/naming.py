"""How a model of a server is named in one word: ``URL#NAME``, as the list of models shows it."""

from training.student.settings import StudentSettings


def addressed(settings: StudentSettings) -> StudentSettings:
    """The same settings with the name of ``URL#NAME`` in its own place."""
    address, _, name = settings.model.partition("#")
    return settings.model_copy(update={"model": address, "name": name}) if name else settings
