"""A command group whose commands are imported when they are used, so that the program starts at once."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

REQUEST = "assistant.request"
"""Where the context's ``meta`` has what was given in the place of a command."""


class LazyGroup(click.Group):
    """``lazy`` maps a command's name to ``module:attribute``.

    Words that are no command and do not look like one mistyped are kept as a request.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = dict(lazy or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        super().parse_args(ctx, args)
        words = [*ctx._protected_args, *ctx.args]
        if words and not ctx.resilient_parsing and self.get_command(ctx, words[0]) is None:
            if " " not in words[0] and (near := get_close_matches(words[0], self.list_commands(ctx), n=1)):
                raise click.UsageError(
                    f"no command {words[0]!r}; did you mean {near[0]!r}? "
                    "A request of one word is asked with -p, or in the chat"
                )
            ctx.meta[REQUEST] = " ".join(words)
            ctx._protected_args, ctx.args = [], []
        return ctx.args

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute = self._lazy[cmd_name].split(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self._lazy[cmd_name]} is no command")
        return command
