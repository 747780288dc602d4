"""The application's functions that its users meet: `analyze_product` and `job_status`."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.support.queue import TABLE, add_jobs, generation_of
from tests.support.scalar import scalar
from tests.support.server import Connection


class Application:
    """Both, over a queue of either generation; the second one wants the job's token."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.cached = False
        self.status: int | None = None
        self.names_token = True
        self.names: str | None = None
        self.slow = 0.0
        self.asked: list[dict[str, Any]] = []
        self.looked = 0
        self.keys: set[tuple[str | None, str | None]] = set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.application = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    application: Application


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        app = self.server.application
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        app.keys.add((self.headers["apikey"], self.headers["Authorization"]))
        if app.status:
            self._answer(app.status, {"error": "as told"})
        elif app.cached or urlsplit(self.path).path != "/functions/v1/analyze_product":
            self._answer(200, {"status": "completed", "cached": True, "result": {}})
        else:
            app.asked.append(body)
            with psycopg.connect(app.database_url, autocommit=True) as connection:
                [job] = add_jobs(connection)
                token = _token(connection, job)
            named = {"job_token": token} if token and app.names_token else {}
            self._answer(202, {"status": "queued", "job_id": app.names or job, **named})

    def do_GET(self) -> None:
        self.server.application.looked += 1
        time.sleep(self.server.application.slow)
        query = parse_qs(urlsplit(self.path).query)
        [job], token = query["job_id"], query.get("job_token", [None])[0]
        with psycopg.connect(self.server.application.database_url, autocommit=True) as connection:
            wanted = _token(connection, job)
            found = connection.execute(
                "select to_jsonb(j) from public.analysis_jobs j where id = %s", [job]
            ).fetchone()
        assert found is not None
        if token != wanted:
            self._answer(400, {"error": "job_token is missing"})
            return
        told = ("status", "error_message", "last_error_message")
        self._answer(200, {name: found[0][name] for name in told if found[0].get(name)})

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def _token(connection: Connection, job: str) -> str | None:
    """The second generation's; the first one has none."""
    if generation_of(connection, TABLE) == 1:
        return None
    query = "select job_token::text from public.analysis_jobs where id = %s"
    return scalar(connection, str, query, [job])
