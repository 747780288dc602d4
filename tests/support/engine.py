"""The Docker engine, where one answers; the one module that imports the Docker SDK."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import docker  # type: ignore[import-untyped]
from docker.errors import DockerException, ImageNotFound  # type: ignore[import-untyped]

from tests.support import guard
from tests.support.server import Unavailable

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["DockerException", "ImageNotFound", "engine", "remove", "running"]


def engine() -> "DockerClient":
    """A client of an engine that answers."""
    with warnings.catch_warnings():
        # Where nothing answers, the SDK forgets to close its socket.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return docker.from_env()
        except DockerException as error:
            problem = str(error)
        if "FileNotFoundError" in problem:
            problem = "its socket is not there"
        elif "ConnectionRefusedError" in problem:
            problem = "nothing listens on its socket"
        elif "PermissionError" in problem:
            problem = "this user may not use its socket"
        gc.collect()
    remedy = "start Docker, or on Debian apt-get install docker.io"
    raise Unavailable(f"no Docker engine answers ({problem}): {remedy}")


def remove(container: str) -> None:
    """Remove a container if it is still there."""
    client = engine()
    try:
        client.containers.get(container).remove(force=True, v=True)
    except DockerException:
        return
    finally:
        client.close()


@contextmanager
def running(
    client: "DockerClient", image: str, command: list[str] | None = None, **options: Any
) -> Iterator[Any]:
    """A container, removed afterwards, also where this process is killed."""
    container = client.containers.run(image, command, detach=True, **options)
    watching = guard.watch("container", str(container.id))
    try:
        yield container
    finally:
        remove(str(container.id))
        guard.release(watching)
