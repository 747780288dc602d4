"""Post a request, look for its answer and into the queue, and see how the sender is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.wait import wait_until

JSON = {"Content-Type": "application/json"}
POST = """
select net.http_post(url := %(url)s, body := %(body)s, headers := %(headers)s,
                     timeout_milliseconds := %(timeout)s)
"""
RAW = """
insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
values ('POST', %s, %s, '{}', 5000)
"""
SENDER = "select pid from pg_stat_activity where application_name like 'pg_net %'"
REST = 1.0
"""Seconds that a sender rests after a batch, and after a look that found nothing."""


@dataclass
class Answer:
    """A row of net._http_response."""

    status_code: int | None
    content: str | None
    content_type: str | None
    headers: dict[str, str] | None
    timed_out: bool | None
    error_msg: str | None
    created: datetime


def post(
    net: Connection,
    url: str | None,
    *,
    body: object = None,
    headers: dict[str, str | None] | None = None,
    timeout: int = 5000,
) -> int:
    """Queue one request by the function; its id."""
    values = {
        "url": url,
        "body": Jsonb({} if body is None else body),
        "headers": Jsonb(JSON if headers is None else headers),
        "timeout": timeout,
    }
    return scalar(net, int, POST, values)


def insert_raw(net: Connection, url: str) -> None:
    """Queue one behind the function's back."""
    net.execute(RAW, [url, Jsonb(JSON)])


def find(net: Connection, request: int) -> Answer | None:
    row = net.execute(
        "select status_code, content, content_type, headers, timed_out, error_msg, created "
        "from net._http_response where id = %s",
        [request],
    ).fetchone()
    values: tuple[Any, ...] | None = row
    return None if values is None else Answer(*values)


def answer(net: Connection, request: int, timeout: float = 15) -> Answer:
    found = wait_until(lambda: find(net, request), timeout, f"a response to request {request}")
    assert found is not None
    return found


def queued(net: Connection) -> dict[int, bool]:
    """The requests in the queue, each with whether it is being sent."""
    rows = net.execute("select id, xmax::text <> '0' from net.http_request_queue").fetchall()
    return {int(str(identity)): bool(sending) for identity, sending in rows}


def idle(net: Connection) -> None:
    """Wait until the sender has rested after its last batch, found nothing, and rested again."""
    since = time.monotonic()

    def rested() -> bool:
        nonlocal since
        if queued(net):
            since = time.monotonic()
        return time.monotonic() - since > 2 * REST + 0.2

    wait_until(rested, message="the queue stays empty")


@contextmanager
def hanging(endpoint: Endpoint) -> Iterator[Callable[[], None]]:
    """Requests stay open until the yielded function lets them end, without an answer."""

    def release() -> None:
        endpoint.fail_with = None
        endpoint.release()

    endpoint.fail_with = "hang"
    try:
        yield release
    finally:
        release()


@contextmanager
def restarted(net: Connection) -> Iterator[None]:
    """Wait for another sender than the one before."""
    before = net.execute(SENDER).fetchone()
    yield
    wait_until(
        lambda: net.execute(SENDER).fetchone() not in (None, before), message="another sender"
    )


def set_batch_size(database: Database, net: Connection, size: int) -> None:
    """Let a new sender take so many requests at a time."""
    with database.admin() as admin:
        admin.execute(sql.SQL("alter system set pg_net.batch_size = {}").format(sql.Literal(size)))
        admin.execute("select pg_reload_conf()")
        wait_until(
            lambda: admin.execute("show pg_net.batch_size").fetchone() == (str(size),),
            message="the batch size is set",
        )
        with restarted(net):
            admin.execute("select net.worker_restart()")
