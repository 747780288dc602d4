"""The Docker engine, where one answers; the one module that imports the Docker SDK."""

from typing import TYPE_CHECKING

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]

from tests.support.server import Unavailable

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["DockerException", "ImageNotFound", "engine", "remove"]


def engine() -> "DockerClient":
    """A client of an engine that answers."""
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        remedy = "start Docker, or on Debian apt-get install docker.io"
        raise Unavailable(f"no Docker engine answers ({error}): {remedy}") from None
    return client


def remove(container: str) -> None:
    """Remove a container if it is still there."""
    client = engine()
    try:
        client.containers.get(container).remove(force=True, v=True)
    except DockerException:
        return
    finally:
        client.close()
