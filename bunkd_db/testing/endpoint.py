"""An HTTP server in the place of the function that is called: it records each call, and answers it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import compare_digest, token_hex
from typing import Any

PATH = "/bunkd-testing/run_job"
"""By this a later run knows what an earlier one has left behind."""
_LARGEST = 10_000_000


@dataclass(frozen=True)
class Call:
    """A call that was answered.

    Attributes:
        headers: with lower-case names, the credential's among them.
        reason: why it was made: tick, wake, refill, worker or a command.
        status: of the answer; 500 where the function raised.
        job_id: the job that it processed, as text; None where it found none.
        answer: what the function returned, or what it raised.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    reason: str | None
    status: int
    job_id: str | None
    answer: object


Function = Callable[[bytes], Mapping[str, object]]
"""Takes a call's body and returns the answer, an object for JSON; its `job_id` is the job that it processed."""


class Endpoint:
    """Listens on `address` until it is closed; what does not bring its credential gets 401."""

    def __init__(self, address: str, function: Function) -> None:
        self.credential = token_hex(16)
        self.function = function
        self.calls: list[Call] = []
        self._round = 0
        self.arrived = threading.Condition()
        self._server = _Server((address, 0), _Handler)
        self._server.endpoint = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, host: str) -> str:
        """Where the database finds it, by the name that this machine has there."""
        return f"http://{host}:{self.port}{PATH}"

    def forget(self) -> None:
        """Count anew; a call that is still being answered is not recorded any more."""
        with self.arrived:
            self._round += 1
            self.calls.clear()

    def called_for(self, job_id: str) -> Call | None:
        """The call that processed a job, if there was one."""
        return next((call for call in list(self.calls) if call.job_id == job_id), None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers: Mapping[str, str], body: bytes) -> Call:
        """Let the function answer, and record it."""
        began, job_id = self._round, None
        try:
            said = dict(self.function(body))
            json.dumps(said, default=str)
            status, found = 200, said.get("job_id")
            job_id = None if found is None else str(found)
        except BaseException as error:  # noqa: BLE001 -- of the user's function, pytest.fail too: the test is told
            status, said = 500, {"error": f"{type(error).__name__}: {error}"}
        call = Call(headers, body, headers.get("x-bunkd-reason"), status, job_id, said)
        with self.arrived:
            if began == self._round:
                self.calls.append(call)
                self.arrived.notify_all()
        return call


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    endpoint: Endpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no error of the tests."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        endpoint = self.server.endpoint
        length = self.headers.get("Content-Length", "0")
        body = (
            self.rfile.read(int(length)) if length.isdecimal() and int(length) < _LARGEST else b""
        )
        headers = {name.lower(): value for name, value in self.headers.items()}
        given = headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {endpoint.credential}".encode()):
            self._reply(401, {"error": "another credential than this run's"})
            return
        call = endpoint.answer(headers, body)
        self._reply(call.status, call.answer)

    def _reply(self, status: int, answer: object) -> None:
        text = json.dumps(answer, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """pytest shows what a test prints; the calls are recorded."""
