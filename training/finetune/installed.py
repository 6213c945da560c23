"""Whether what training needs is installed."""

from importlib.util import find_spec

from training.jobs.base import JobError

_NEEDED = ("torch", "transformers", "peft", "gguf")


def check_installed() -> None:
    """Raises JobError where the extra is missing; nothing is imported."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        from sandbox.packages import install_extra

        raise JobError(f"training needs {', '.join(missing)}: {install_extra('train')}")
