"""A real HTTP server that behaves as the application's function `run_job`, or fails as told.

Needs the standard library and psycopg only: `python -m tests.support.endpoint --help`.
"""

import argparse
import contextlib
import json
import select
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

PATH = "/functions/v1/run_job"
IDLE = {"message": "No jobs available"}
BIG = b'{"message": "' + b"x" * 10_000_000 + b'"}'
BINARY = b"\x89PNG\r\n\x1a\n\x00\xff\xfe\x80binary"

Mode = int | str | None
"""A status code, or: job_failed, hang, reset, redirect, echo, big, binary, empty, refuse; None works."""

TEXTS = {
    401: {"code": 401, "message": "Invalid JWT"},
    403: {"code": 403, "message": "Forbidden"},
    404: {"code": "NOT_FOUND", "message": "Requested function was not found"},
    429: {"code": 429, "message": "Too many requests"},
    500: {"code": "WORKER_ERROR", "message": "Function exited due to an error"},
}


@dataclass
class Received:
    """One request that reached the endpoint, and how it was answered.

    `at` and `ended` are seconds of the epoch; `heard` is the arrival by the clock that is never set.
    """

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    job_id: str | None = None
    ended: float | None = None
    heard: float = field(default_factory=time.monotonic)

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), None)

    @property
    def reason(self) -> str | None:
        return self.header("X-Bunkd-Reason")

    @property
    def call(self) -> str | None:
        return self.header("X-Bunkd-Call")


@dataclass
class Jobs:
    """The queue as run_job uses it: claim one, finish one; either generation of the table."""

    url: str
    table: str = "public.analysis_jobs"
    idle: list[psycopg.Connection[tuple[Any, ...]]] = field(default_factory=list)
    closed: bool = False

    def claim(self) -> str | None:
        with self._connection() as link:
            second = self._second(link)
            row = link.execute(
                sql.SQL(
                    "update {table} set {set} where id = (select id from {table} where {where} "
                    "order by created_at limit 1 for update skip locked) returning id::text"
                ).format(
                    table=self._name(),
                    set=sql.SQL(
                        "status = 'running', claimed_at = now(), attempts = attempts + 1, "
                        "claim_id = gen_random_uuid()"
                        if second
                        else "status = 'processing', started_at = now()"
                    ),
                    where=sql.SQL("status = 'queued'" + (" and attempts < 3" if second else "")),
                )
            ).fetchone()
        return None if row is None else str(row[0])

    def claim_one(self) -> str:
        """Claim where one has to be waiting."""
        job = self.claim()
        assert job, "no job waits"
        return job

    def finish(self, job: str, error: str | None = None) -> None:
        with self._connection() as link:
            second = self._second(link)
            done = "status = 'done'" if second else "status = 'completed', completed_at = now()"
            failed = "status = 'failed', " + ("last_error_message" if second else "error_message")
            link.execute(
                sql.SQL("update {} set {} where id = {}").format(
                    self._name(),
                    sql.SQL(done) if error is None else sql.SQL(failed + " = {}").format(error),
                    job,
                )
            )

    def close(self) -> None:
        self.closed = True
        while self.idle:
            self.idle.pop().close()

    def _name(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split("."))

    def _second(self, link: psycopg.Connection[tuple[Any, ...]]) -> bool:
        found = link.execute(
            "select from pg_attribute where attrelid = %s::regclass and attname = 'claimed_at'",
            [self.table],
        )
        return found.fetchone() is not None

    @contextlib.contextmanager
    def _connection(self) -> Any:
        try:
            link = self.idle.pop()
        except IndexError:
            link = psycopg.connect(self.url, autocommit=True, application_name="run_job")
        try:
            yield link
        except BaseException:
            link.close()
            raise
        if self.closed:  # a request that came in while the endpoint was stopping
            link.close()
        else:
            self.idle.append(link)


class Endpoint:
    """The server; `work`, `fail_with`, `require` … may be changed while it runs.

    `require`: the name of a header, and the values of it that are let in.
    """

    def __init__(
        self,
        database_url: str | None = None,
        *,
        work: float = 0.0,
        host: str = "127.0.0.1",
        public_host: str | None = None,
        port: int = 0,
        table: str = "public.analysis_jobs",
        require: tuple[str, ...] | None = None,
        log: Callable[[str], object] | None = None,
    ) -> None:
        self.work = work
        self.jobs_per_call = 1
        self.require = require
        self.retry_after = 7
        self.redirect_status = 302
        self.redirect_to: str | None = None
        self.dies_on_disconnect = False
        self.jobs = Jobs(database_url, table) if database_url else None
        self.log = log
        self.peak = 0
        self.open = 0
        self._host, self._public_host = host, public_host or host
        self._received: list[Received] = []
        self._next: deque[Mode] = deque()
        self._fail_with: Mode = None
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._held = threading.Event()
        self.stopping = threading.Event()
        self._server: _Server | None = None
        self._listen(port)
        self.port: int = self._required().server_address[1]

    @property
    def base_url(self) -> str:
        return f"http://{self._public_host}:{self.port}"

    @property
    def url(self) -> str:
        return self.base_url + PATH

    @property
    def received(self) -> list[Received]:
        """Every request so far, in the order of arrival."""
        with self._lock:
            return list(self._received)

    @property
    def fail_with(self) -> Mode:
        return self._fail_with

    @fail_with.setter
    def fail_with(self, mode: Mode) -> None:
        before, self._fail_with = self._fail_with, mode
        if mode == "refuse" and before != "refuse":
            self._unlisten()
        elif before == "refuse" and mode != "refuse":
            self._listen(self.port)

    def next_with(self, *modes: Mode) -> None:
        """How to answer the next requests, one mode each; then `fail_with` holds again."""
        with self._lock:
            self._next.extend(modes)

    def release(self) -> None:
        """Cut off the requests that hang: nobody waits for them any more."""
        with self._lock:
            held, self._held = self._held, threading.Event()
        held.set()

    def hold(self) -> threading.Event:
        with self._lock:
            return self._held

    def forget(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._received.clear()
            self.peak = self.open

    def stop(self) -> None:
        """End at once: open requests are cut off, so nobody waits for them."""
        self.stopping.set()
        self._unlisten()
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + 5
        while self.open and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.jobs:
            self.jobs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def arrived(self, request: Received, client: socket.socket) -> Mode:
        with self._lock:
            self._received.append(request)
            self._clients.add(client)
            self.open += 1
            self.peak = max(self.peak, self.open)
            return self._next.popleft() if self._next else self._fail_with

    def answers(self, request: Received) -> None:
        """Its work is over; whoever called may have the answer before this thread runs again."""
        with self._lock:
            self._end(request)

    def left(self, request: Received, client: socket.socket) -> None:
        with self._lock:
            self._end(request)
            self._clients.discard(client)
        if self.log:
            took = (request.ended or request.at) - request.at
            self.log(
                f"{time.strftime('%H:%M:%S')} {request.method} {request.path} {request.status} "
                f"{took:.2f}s reason={request.reason or '-'} job={request.job_id or '-'}"
            )

    def _end(self, request: Received) -> None:
        if request.ended is None:
            request.ended = time.time()
            self.open -= 1

    def _listen(self, port: int) -> None:
        self._server = _Server((self._host, port), _Handler)
        self._server.endpoint = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _unlisten(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _required(self) -> "_Server":
        assert self._server is not None
        return self._server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    endpoint: Endpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def handle_any(self) -> None:
        endpoint = self.server.endpoint
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Received(time.time(), self.command, self.path, dict(self.headers.items()), body)
        mode = endpoint.arrived(request, self.connection)
        try:
            self._answer(endpoint, request, mode)
        except OSError:
            self.close_connection = True
        finally:
            endpoint.left(request, self.connection)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def _answer(self, endpoint: Endpoint, request: Received, mode: Mode) -> None:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        work = float(query.get("work", endpoint.work))
        if "fail_with" in query:
            mode = int(query["fail_with"]) if query["fail_with"].isdigit() else query["fail_with"]
        if endpoint.require and request.header(endpoint.require[0]) not in endpoint.require[1:]:
            mode = 401
        if parts.path != PATH:
            mode = 404
        if mode in ("hang", "reset"):
            self._drop(endpoint, hang=mode == "hang")
        elif mode == "redirect":
            target = query.get("to", endpoint.redirect_to or endpoint.url)
            status = int(query.get("status", endpoint.redirect_status))
            self._reply(request, status, b"", {"Location": target})
        elif isinstance(mode, int):
            retry = {"Retry-After": str(endpoint.retry_after)} if mode in (429, 503) else {}
            self._json(request, mode, TEXTS.get(mode, {"message": "as told"}), retry)
        elif mode == "echo":
            self._json(request, 500, {"error": f"What is {request.header('Authorization')}?"})
        elif mode in ("big", "binary"):
            body = BIG if mode == "big" else BINARY
            self._reply(request, 200, body, {}, "application/octet-stream")
        elif request.method != "POST":
            self._json(request, 405, {"message": "Method not allowed"})
        else:
            self._run_job(endpoint, request, mode, work)

    def _run_job(self, endpoint: Endpoint, request: Received, mode: Mode, work: float) -> None:
        jobs = endpoint.jobs
        try:
            job = None if jobs is None or mode == "empty" else jobs.claim()
            request.job_id = job
            if jobs is not None and job is None:
                self._json(request, 200, IDLE)
                return
            if not self._work(endpoint, work):
                return
            if jobs is None or job is None:
                self._json(request, 200, IDLE)
            elif mode == "job_failed":
                error = "PPLX_API_KEY not configured"
                jobs.finish(job, error)
                self._json(request, 500, {"success": False, "job_id": job, "error": error})
            else:
                jobs.finish(job)
                for _ in range(endpoint.jobs_per_call - 1):
                    if not (more := jobs.claim()) or not self._work(endpoint, work):
                        break
                    jobs.finish(more)
                self._json(request, 200, {"success": True, "job_id": job, "result_id": job})
        except psycopg.Error as error:
            self._json(request, 500, {"success": False, "error": str(error)})

    def _work(self, endpoint: Endpoint, seconds: float) -> bool:
        """Take the time; False where the function died in the middle of it."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if endpoint.stopping.wait(min(left, 0.05 if endpoint.dies_on_disconnect else left)):
                return False
            if endpoint.dies_on_disconnect and select.select([self.connection], [], [], 0)[0]:
                return False
        return True

    def _drop(self, endpoint: Endpoint, hang: bool) -> None:
        """Never answer: after the client gave up, or at once."""
        released = endpoint.hold()
        while hang and not endpoint.stopping.is_set() and not released.wait(0.02):
            if select.select([self.connection], [], [], 0)[0]:
                break
        self.close_connection = True

    def _json(
        self, request: Received, status: int, body: object, headers: dict[str, str] | None = None
    ) -> None:
        self._reply(request, status, json.dumps(body).encode(), headers or {})

    def _reply(
        self,
        request: Received,
        status: int,
        body: bytes,
        headers: dict[str, str],
        kind: str = "application/json",
    ) -> None:
        request.status = status
        self.server.endpoint.answers(request)
        self.send_response(status)
        always = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in {**headers, **always}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The endpoint logs whole requests itself."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Behave as the function run_job.")
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--work", type=float, default=2.0, help="seconds a job takes")
    parser.add_argument("--table", default="public.analysis_jobs")
    parser.add_argument("--fail-with", default=None, help="a status code or a mode")
    options = parser.parse_args()

    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    with Endpoint(
        options.database_url,
        host=options.host,
        port=options.port,
        work=options.work,
        table=options.table,
        log=write,
    ) as endpoint:
        mode = options.fail_with
        endpoint.fail_with = int(mode) if mode and mode.isdigit() else mode
        write(f"listening on {endpoint.url}")
        with contextlib.suppress(KeyboardInterrupt):
            endpoint.stopping.wait()


if __name__ == "__main__":
    main()
