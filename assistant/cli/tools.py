"""``apprentice tools``: what the student may call."""

from typing import Any

import click

from assistant.cli.invocation import print_json


@click.group()
def tools() -> None:
    """The student's tools."""


@tools.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_tools(as_json: bool) -> None:
    """Every tool with its arguments ('?' for optional ones), its risk and its time-out."""
    from tools.registry import builtin_registry

    registry = builtin_registry()
    if as_json:
        print_json(
            [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "risk": tool.risk.value,
                    "timeout_s": tool.timeout_s,
                }
                for tool in registry
            ]
        )
        return
    for tool in registry:
        click.echo(
            f"{tool.name:<13} {tool.risk.value:<8} {tool.timeout_s:>4.0f} s  {_arguments(tool.parameters)}"
        )
        click.echo(f"{'':<13} {tool.description}")


def _arguments(parameters: dict[str, Any]) -> str:
    required = parameters.get("required", [])
    return ", ".join(name if name in required else f"{name}?" for name in parameters.get("properties", {}))
