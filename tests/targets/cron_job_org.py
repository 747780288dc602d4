"""cron-job.org on this machine: its API as documented, and how it fires a job."""

import http.client
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

METHODS = ("GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH")


@dataclass
class Api:
    """The API; `jobs` by id, `asked` is every request so far as METHOD PATH."""

    key: str
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
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

    def answer(self, method: str, path: str, content: Any) -> tuple[int, object]:
        """The status and the answer to a request that had the key."""
        self.asked.append(f"{method} {path}")
        job = int(path.removeprefix("/jobs/")) if path.startswith("/jobs/") else None
        match method:
            case "GET" if path == "/jobs":
                listed = ("title", "url", "enabled")
                jobs = [
                    {"jobId": number, **{name: job.get(name) for name in listed}}
                    for number, job in self.jobs.items()
                ]
                return 200, {"jobs": jobs, "someFailed": False}
            case "PUT" if path == "/jobs":
                number = max(self.jobs, default=4710) + 1
                self.jobs[number] = {"enabled": False, **content["job"]}
                return 200, {"jobId": number}
            case "PATCH" if job in self.jobs:
                self.jobs[job].update(content["job"])
                return 200, {}
        return 404, {}


def handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status: int
            answer: object
            if self.headers["Authorization"] != f"Bearer {api.key}":
                status, answer = 401, {}
            elif body and self.headers["Content-Type"] != "application/json":
                status, answer = 400, {}  # the documentation: the payload is ignored
            else:
                content = json.loads(body) if body else None
                status, answer = api.answer(self.command, self.path, content)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_PATCH = handle_any

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def fire(job: dict[str, Any]) -> int:
    """Send what a job says, once; the status, 0 where there is no answer. No redirect is followed."""
    parts = urlsplit(job["url"])
    assert parts.hostname
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    data = job["extendedData"]
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(
            METHODS[job["requestMethod"]], path, data["body"].encode(), data["headers"]
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
