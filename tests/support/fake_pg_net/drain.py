"""Send what the double of pg_net has queued: `python -m tests.support.fake_pg_net.drain URL`.

The states are those of the real worker: a wake flag and a latch, one transaction a batch that is
committed when its slowest request has ended, and up to a second of rest after each batch.
It starts anew when the server goes away, and ends when its standard input does, so it never
outlives its parent.
"""

import contextlib
import os
import select
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg.types.json import Jsonb

from tests.support.fake_pg_net.exchange import Request, Response, exchange
from tests.support.server import Connection

NAME = "pg_net 0.20.4"
MODULE = "tests.support.fake_pg_net.drain"
RETRY = 0.02
LISTENER = "wake listener of the double"
WAKE, RESTART = "pg_net_wake", "pg_net_restart"
QUIET = "-c log_statement=none -c log_min_messages=panic -c log_min_duration_statement=-1"

TABLES = "select to_regclass('net.http_request_queue'), to_regclass('net._http_response')"
LOCK = "lock table net.http_request_queue, net._http_response in access share mode nowait"
EXPIRE = """
with old as (
  select ctid from net._http_response
  where created < now() - %s::interval order by created limit %s
)
delete from net._http_response r using old where r.ctid = old.ctid
"""
TAKE = """
with next as (select id from net.http_request_queue order by id limit %s)
delete from net.http_request_queue q using next where q.id = next.id
returning q.id, q.method, q.url, q.timeout_milliseconds,
  array(select h.key || ': ' || h.value from jsonb_each_text(q.headers) h
        where h.value is not null),
  q.body
"""
ANSWER = """
insert into net._http_response
  (id, status_code, content, headers, content_type, timed_out, error_msg)
values (%s, %s, %s, %s, %s, %s, %s)
"""


class Worker:
    """The double's background worker; `flag` and `latch` stand for its shared memory."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.latch = threading.Event()
        self.flag = True
        self.lock = threading.Lock()
        self.restart = False

    def wake(self) -> None:
        """As the commit of a transaction that called net.wake(): only the first sets the latch."""
        with self.lock:
            if not self.flag:
                self.flag = True
                self.latch.set()

    def listen(self) -> None:
        """Pass on wakes, on a connection of its own: the other one is inside its transaction."""
        while True:
            connected = False
            with contextlib.suppress(psycopg.Error), self._connect(LISTENER) as link:
                connected = True
                link.execute(f"listen {WAKE}")
                link.execute(f"listen {RESTART}")
                self.wake()
                for notice in link.notifies():
                    if notice.channel == RESTART:
                        self.restart = True
                        self.latch.set()
                    else:
                        self.wake()
            if connected:
                # The server is gone, and with it the real worker, whatever it was sending.
                os.execv(sys.executable, [sys.executable, "-m", MODULE, self.url])
            time.sleep(RETRY)

    def work(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error), self._connect(NAME) as link:
                self.flag, self.restart = True, False
                while not self.restart:
                    self._until_woken(link)
            # An error has put the whole batch back into the queue.
            self.latch.clear()
            time.sleep(RETRY)

    def _until_woken(self, link: Connection) -> None:
        with self.lock:
            woken, self.flag = self.flag, False
        if not woken:
            while not self.latch.wait(0.25):
                if select.select([link.fileno()], [], [], 0)[0]:
                    link.execute("")
            self.latch.clear()
            return
        while _batch(link) and not self.restart:
            self._rest()

    def _rest(self) -> None:
        self.latch.wait(1.0)
        self.latch.clear()

    def _connect(self, name: str) -> Connection:
        link = psycopg.connect(
            self.url, application_name=name, options=QUIET, connect_timeout=2, autocommit=True
        )
        link.prepare_threshold = None  # tests change what the tables of pg_net are
        return link


def _batch(link: Connection) -> bool:
    """One transaction: expire, take, send all at once, record; whether there was anything to do."""
    with link.transaction():
        if not _locked(link):
            return False
        size = int(_setting(link, "pg_net.batch_size", "200"))
        expired = link.execute(EXPIRE, [_setting(link, "pg_net.ttl", "6 hours"), size]).rowcount
        rows = [_request(row) for row in link.execute(TAKE, [size])]
        if rows:
            with ThreadPoolExecutor(len(rows)) as pool:
                for response in pool.map(exchange, rows):
                    link.execute(ANSWER, _row(response))
    return bool(rows or expired)


def _locked(link: Connection) -> bool:
    """Whether the extension is there and nobody is dropping it."""
    if None in (link.execute(TABLES).fetchone() or (None,)):
        return False
    try:
        with link.transaction():
            link.execute(LOCK)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _setting(link: Connection, name: str, default: str) -> str:
    row = link.execute("select current_setting(%s, true)", [name]).fetchone()
    return str(row[0]) if row and row[0] else default


def _request(row: tuple[object, ...]) -> Request:
    identity, method, url, timeout, headers, body = row
    assert isinstance(identity, int)
    assert isinstance(timeout, int)
    assert isinstance(headers, list)
    assert body is None or isinstance(body, bytes)
    return Request(identity, str(method), str(url), timeout, headers, body)


def _row(response: Response) -> list[object]:
    headers = None if response.headers is None else Jsonb(response.headers)
    return [
        response.id,
        response.status,
        response.content,
        headers,
        response.content_type,
        response.timed_out,
        response.error,
    ]


def main(url: str) -> None:
    worker = Worker(url)
    for target in (worker.listen, worker.work):
        threading.Thread(target=target, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.buffer.read()
    # A thread may be in the middle of a request that nobody waits for any more.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
