"""Settings of permissions: the ``[permissions]`` table."""

from pydantic import BaseModel, ConfigDict


class PermissionSettings(BaseModel):
    """Rules such as ``run_shell(git status *)``, ``edit_file(src/**)`` or ``read_file``; deny wins.

    Of a known program ``*`` covers the arguments that are known to be harmless, and ``**`` any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[str, ...] = ()
    """Calls that pass without a question. Ignored in a project's own settings, which may only tighten."""
    ask: tuple[str, ...] = ()
    """Calls that are asked whatever the mode."""
    deny: tuple[str, ...] = ()
    """Calls that never run."""
