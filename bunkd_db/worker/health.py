"""The health pages on $PORT: `GET /`, `GET /live` and `GET /metrics`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import cast

from bunkd_db.errors import ConfigurationError
from bunkd_db.worker.near import is_near
from bunkd_db.worker.served import Served
from bunkd_db.worker.state import State

Request = socket | tuple[bytes, socket]  # what socketserver calls one; of TCP it is the socket
_MOST = 64  # connections; a probe needs one for an instant
# for the page: no other site frames it, and nobody keeps it
_HEADERS = {
    "Vary": "Accept",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


@contextmanager
def health_server(state: State, served: Served, port: int | None) -> Iterator[None]:
    """Serve a worker's state on all addresses; with no port, not at all.

    `served`: the page for browsers.

    Raises:
        ConfigurationError: the port cannot be had.
    """
    if port is None:
        yield
        return
    try:
        server = _Server(("", port), _handler(state, served))
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on PORT {port}: {error.strerror}", "Set another PORT, or unset it."
        ) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Each connection is a file and a thread, which the worker needs for its calls: there are `_MOST` at once.

    The oldest one makes room for a new one: whoever keeps connections open keeps no probe away.
    """

    daemon_threads = True
    request_queue_size = _MOST  # the default, 5, has a probe wait for a second in a burst

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: dict[Request, None] = {}
        self._changing = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Request, client_address: object) -> None:
        with self._changing:
            if len(self._open) >= _MOST:
                oldest = next(iter(self._open))
                del self._open[oldest]
                with suppress(OSError):  # it has just ended by itself
                    cast("socket", oldest).shutdown(SHUT_RDWR)
            self._open[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Request) -> None:
        with self._changing:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing about a client that disconnects early."""


def _handler(state: State, served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/":
                code = 200 if state.healthy else 503
                if "text/html" in self.headers.get("Accept", ""):
                    # browsers do not speak HTTP/1.0; nginx does, with no header that tells of a proxy
                    near = self.request_version != "HTTP/1.0" and is_near(
                        self.client_address[0], self.headers
                    )
                    self._answer(code, "text/html; charset=utf-8", served.page(near=near))
                else:
                    self._answer(code, "application/json", state.page())
            elif path == "/live":
                self._answer(200 if state.live else 503, "application/json", state.page())
            elif path == "/metrics":
                self._answer(200, "text/plain; version=0.0.4; charset=utf-8", state.metrics())
            else:
                self._answer(404, "text/plain", b"GET /, /live or /metrics\n")

        do_HEAD = do_GET

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def version_string(self) -> str:
            return "bunkd-db"

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: there is a probe every few seconds."""

    return Handler
