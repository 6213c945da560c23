"""``apprentice config``: every setting, where its value comes from, and how to change it."""

import json
from typing import Any

import click

from assistant import paths
from assistant.cli.invocation import Invocation, pass_invocation, print_json, print_notices
from assistant.settings import BUILT_IN


@click.group()
def config() -> None:
    """Show and change settings."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def show(invocation: Invocation, as_json: bool) -> None:
    """Every setting with its value and where it comes from."""
    settings = invocation.settings()
    print_notices(settings.notices)
    rows = [(".".join(key), value, settings.origin(key)) for key, value in settings.values()]
    if as_json:
        print_json({key: {"value": value, "origin": origin} for key, value, origin in rows})
        return
    width = max(len(key) for key, _, _ in rows)
    for key, value, origin in rows:
        source = "" if origin == BUILT_IN else f"  # {origin}"
        click.echo(f"{key:<{width}} = {_as_toml(value)}{source}")


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def path(invocation: Invocation, as_json: bool) -> None:
    """The settings files, strongest first; they need not exist."""
    shared, local = paths.project_settings_files(invocation.workspace)
    files = {"local": local, "project": shared, "user": paths.settings_file()}
    if as_json:
        print_json({name: {"path": str(file), "exists": file.exists()} for name, file in files.items()})
        return
    for name, file in files.items():
        click.echo(f"{name:<8} {file}{'' if file.exists() else '  (not there)'}")


@config.command("set")
@click.argument("key")
@click.argument("value")
def set_setting(key: str, value: str) -> None:
    """Set KEY (such as loop.max_steps) to VALUE in your own settings file."""
    from assistant.settings_edit import set_value

    written = set_value(key, value)
    click.echo(f"{key} = {_as_toml(written)}  # {paths.settings_file()}")


def _as_toml(value: Any) -> str:
    """JSON's texts, numbers, switches and arrays are TOML's too."""
    return json.dumps(value, ensure_ascii=False)
