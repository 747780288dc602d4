"""The application's functions that its users meet: `analyze_product` and `job_status`."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.support.queue import add_jobs

TOKEN = "6a6f622d-746f-6b65-6e00-000000000000"


class Application:
    """Both, over a queue of the first generation; as the second one it wants the job's token."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.cached = False
        self.status: int | None = None
        self.token = TOKEN
        self.slow = 0.0
        self.asked: list[dict[str, Any]] = []
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
            self._answer(202, {"status": "queued", "job_id": job, "job_token": TOKEN})

    def do_GET(self) -> None:
        time.sleep(self.server.application.slow)
        query = parse_qs(urlsplit(self.path).query)
        if query.get("job_token") != [self.server.application.token]:
            self._answer(400, {"error": "job_token is missing"})
            return
        with psycopg.connect(self.server.application.database_url, autocommit=True) as connection:
            found = connection.execute(
                "select status, error_message from public.analysis_jobs where id = %s",
                query["job_id"],
            ).fetchone()
        assert found is not None
        self._answer(200, {"status": found[0], "error_message": found[1]})

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
