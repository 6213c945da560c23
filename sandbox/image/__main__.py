"""``python -m sandbox.image build`` and ``python -m sandbox.image import ROOTFS.tar``."""

import sys
from pathlib import Path

import click

from sandbox.base import SandboxError
from sandbox.image import DEFAULT_NAME, connect, ensure_image, import_rootfs

_name = click.option("--name", default=DEFAULT_NAME, show_default=True, help="Name of the image.")
_host = click.option("--host", default="", help="Engine to use, such as unix:///run/docker.sock.")


@click.group()
def main() -> None:
    """Make the image of the Docker sandbox."""


@main.command()
@_name
@_host
def build(name: str, host: str) -> None:
    """Build it from the project's Dockerfile, unless it is there."""
    ensure_image(connect(host), name)
    click.echo(f"image {name} is ready")


@main.command(name="import")
@click.argument("rootfs", type=click.Path(path_type=Path))
@_name
@_host
def import_(rootfs: Path, name: str, host: str) -> None:
    """Make it from a root file system, without a registry."""
    import_rootfs(connect(host), rootfs, name)
    click.echo(f"image {name} is ready")


if __name__ == "__main__":
    try:
        main()
    except SandboxError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
