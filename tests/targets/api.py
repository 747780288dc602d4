"""A host's API on this machine, and how a host calls a function."""

import http.client
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.command import Finished


@dataclass(frozen=True)
class Asked:
    """One request to the API."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), None)


@dataclass
class Api(ABC):
    """An API; `asked` is every request so far that had the key, as METHOD PATH."""

    key: str
    asked: list[str] = field(default_factory=list, init=False)

    @abstractmethod
    def allows(self, asked: Asked) -> bool:
        """Whether a request has the key."""

    @abstractmethod
    def answer(self, asked: Asked) -> tuple[int, object]:
        """The status and the answer to a request that had the key."""

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            status: int = 401
            answer: object = {}
            if api.allows(asked):
                api.asked.append(f"{asked.method} {asked.path}")
                status, answer = api.answer(asked)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def send(method: str, url: str, headers: Mapping[str, str], body: str) -> Finished:
    """Call as a host does, once, following no redirect: 0 for an answer of 2xx."""
    parts = urlsplit(url)
    assert parts.hostname
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, path, body.encode(), dict(headers))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    return Finished(0 if 200 <= status < 300 else 1, "", f"{status}")
