"""The function that every system calls, in a process of its own: two statements a job, by libpq.

It costs a third of a millisecond a call, so that it is not what is measured. `python -m benchmarks.function --help`.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.request import urlopen

from psycopg import pq

CLAIM = """
update {table} set status = 'processing', started_at = now()
 where id = (select id from {table} where status = 'queued' order by created_at limit 1 for update skip locked)
returning id::text
"""
FINISH = "update {table} set status = 'completed', completed_at = now() where id = $1"
IDLE = b'{"message": "No jobs available"}'


class Link:
    """One session; it is asked one question at a time."""

    def __init__(self, url: str, table: str) -> None:
        self._connection = pq.PGconn.connect(url.encode())
        for name, text in (("claim", CLAIM), ("finish", FINISH)):
            result = self._connection.prepare(name.encode(), text.format(table=table).encode())
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise SystemExit(result.error_message.decode())
        self._connection.nonblocking = 1
        self._answer: asyncio.Future[pq.abc.PGresult] | None = None
        asyncio.get_running_loop().add_reader(self._connection.socket, self._read)

    async def ask(self, name: bytes, *values: bytes) -> bytes | None:
        """Run a prepared statement; the first value of its first row, if there is one."""
        self._answer = asyncio.get_running_loop().create_future()
        self._connection.send_query_prepared(name, values)
        self._connection.flush()
        result = await self._answer
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise RuntimeError(result.error_message.decode())
        return result.get_value(0, 0) if result.ntuples else None

    def _read(self) -> None:
        self._connection.consume_input()
        if self._answer is None or self._connection.is_busy():
            return
        while result := self._connection.get_result():
            last = result
        answer, self._answer = self._answer, None
        answer.set_result(last)


@dataclass
class Work:
    """What the function does and has done; times are seconds of the epoch."""

    seconds: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    jobs: int = 0
    empty: int = 0
    open: int = 0
    peak: int = 0
    ended: float = 0.0


class Serving:
    """The sessions and the counters."""

    def __init__(self) -> None:
        self.work = Work()
        self.links: deque[Link] = deque()
        self._waiting: deque[asyncio.Future[Link]] = deque()

    async def run_job(self) -> bytes:
        """Claim, work, finish."""
        work = self.work
        work.arrivals.append(time.time())
        work.open += 1
        work.peak = max(work.peak, work.open)
        try:
            job = await self._ask(b"claim")
            if job is None:
                work.empty += 1
                return IDLE
            if work.seconds:
                await asyncio.sleep(work.seconds)
            await self._ask(b"finish", job)
            work.jobs += 1
            work.ended = time.time()
            return b'{"success": true, "job_id": "' + job + b'"}'
        finally:
            work.open -= 1

    async def _ask(self, name: bytes, *values: bytes) -> bytes | None:
        link = self.links.pop() if self.links else await self._free()
        try:
            return await link.ask(name, *values)
        finally:
            if self._waiting:
                self._waiting.popleft().set_result(link)
            else:
                self.links.append(link)

    async def _free(self) -> Link:
        waiting: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return await waiting


class Caller(asyncio.Protocol):
    """One connection: POST runs a job, GET /work=SECONDS starts counting anew, other paths tell."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._said = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._said += data
        while (end := self._said.find(b"\r\n\r\n")) >= 0:
            head = self._said[:end]
            _, _, rest = head.lower().partition(b"content-length:")
            length = int(rest.split(b"\r", 1)[0] or 0)
            if len(self._said) < end + 4 + length:
                return
            self._said = self._said[end + 4 + length :]
            method, path, *_ = head.split(b" ", 2)
            if method == b"POST":
                task = asyncio.get_running_loop().create_task(self._serving.run_job())
                task.add_done_callback(self._answer)
            else:
                if path.startswith(b"/work="):
                    self._serving.work = Work(float(path[6:]))
                self._reply(b"200 OK", json.dumps(self._tell(path)).encode())

    def _tell(self, path: bytes) -> dict[str, object]:
        """All but the arrivals, which are many, unless they are asked for."""
        told = vars(self._serving.work)
        return told if path == b"/arrivals" else {**told, "arrivals": []}

    def _answer(self, task: "asyncio.Task[bytes]") -> None:
        if error := task.exception():
            self._reply(b"500 Error", json.dumps({"error": str(error)}).encode())
        else:
            self._reply(b"200 OK", task.result())

    def _reply(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, len(body)) + body)


@dataclass
class Function:
    """The process, as the one who measures sees it."""

    process: "subprocess.Popen[str]"
    url: str
    own_url: str

    def start_anew(self, seconds: float = 0.0) -> None:
        """Count from nothing; each job takes this long from now on."""
        self._get(f"/work={seconds}")

    @property
    def work(self) -> Work:
        """What it has done so far, without the arrivals."""
        return Work(**self._get("/"))

    @property
    def arrivals(self) -> list[float]:
        return Work(**self._get("/arrivals")).arrivals

    def _get(self, path: str) -> dict[str, Any]:
        with urlopen(self.own_url + path, timeout=10) as answer:
            found = json.load(answer)
        assert isinstance(found, dict)
        return found


@contextmanager
def function(url: str, table: str, host: str, links: int) -> Iterator[Function]:
    """Start it on a free port; `host` is how the database reaches this machine."""
    listen = "127.0.0.1" if host == "127.0.0.1" else "0.0.0.0"
    command = [sys.executable, "-m", "benchmarks.function", url, table, listen, str(links)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield Function(process, f"http://{host}:{port}/run_job", f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


async def serve(url: str, table: str, host: str, links: int) -> None:
    serving = Serving()
    serving.links.extend(Link(url, table) for _ in range(links))
    server = await asyncio.get_running_loop().create_server(
        lambda: Caller(serving), host, 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("table")
    parser.add_argument("host")
    parser.add_argument("links", type=int)
    asked = parser.parse_args()
    asyncio.run(serve(asked.url, asked.table, asked.host, asked.links))
