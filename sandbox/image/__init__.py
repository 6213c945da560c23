"""The image of the Docker sandbox: found, built, or imported without a registry.

Invariant: nothing is pulled or built unless asked for. Covered: an engine that is absent, a build without
internet, a root file system that is not one: each is a SandboxError whose line names the next thing to try.
"""

import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.base import SandboxError
from sandbox.container import engine_errors

if TYPE_CHECKING:
    from docker import DockerClient

DEFAULT_NAME = "apprentice-sandbox"
RECIPE = "mmdebstrap --variant=minbase --include=python3,python3-pytest,git,ripgrep bookworm rootfs.tar"
_ENGINE_S = 600


def connect(host: str = "") -> "DockerClient":
    """The engine at ``host``, or at DOCKER_HOST or the default socket. Raises SandboxError."""
    import docker

    with engine_errors():
        if host:
            client = docker.DockerClient(base_url=host, timeout=_ENGINE_S)
        else:
            client = docker.from_env(timeout=_ENGINE_S)
        client.ping()
    return client


def has_image(client: "DockerClient", name: str) -> bool:
    """Whether the engine has the image ``name``."""
    from docker.errors import ImageNotFound

    with engine_errors():
        try:
            client.images.get(name)
        except ImageNotFound:
            return False
    return True


def ensure_image(client: "DockerClient", name: str = DEFAULT_NAME) -> None:
    """Build ``name`` from the Dockerfile unless it is there. Raises SandboxError."""
    if has_image(client, name):
        return
    from docker.errors import APIError, BuildError

    try:
        with engine_errors():
            client.images.build(path=str(Path(__file__).parent), tag=name, rm=True, forcerm=True)
    except (BuildError, SandboxError) as error:
        if isinstance(error, SandboxError) and not isinstance(error.__cause__, APIError | BuildError):
            raise
        said = str(error).splitlines()[-1]
        raise SandboxError(
            f"docker: image {name} cannot be built ({said}); without a registry: {RECIPE}, "
            "then: python -m sandbox.image import rootfs.tar"
        ) from error


def import_rootfs(client: "DockerClient", tar: Path, name: str = DEFAULT_NAME) -> None:
    """Make ``name`` from the root file system in ``tar``. Raises SandboxError."""
    if not tar.is_file() or not tarfile.is_tarfile(tar):
        raise SandboxError(f"{tar}: not a tar archive of a root file system; make one: {RECIPE}")
    repository, _, tag = name.partition(":")
    with engine_errors():
        client.api.import_image_from_file(str(tar), repository=repository, tag=tag or "latest")
    if not has_image(client, name):
        raise SandboxError(f"{tar}: the engine did not take it as an image; make one: {RECIPE}")
