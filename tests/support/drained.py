"""The double's sending process, started and stopped with a server."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import guard


@contextmanager
def drained(admin_url: str) -> Iterator[None]:
    process = guard.spawn("tests.support.fake_pg_net.drain", admin_url)
    try:
        yield
    finally:
        guard.release(process)
