"""EasyCron on this machine: its API as documented, and how it fires a job."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.command import Finished
from tests.targets.api import Api, Asked, send


@dataclass
class EasyCron(Api):
    """The API; `jobs` by id; `refuses` is what it says of a job that the plan does not allow."""

    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    refuses: str = ""

    def allows(self, asked: Asked) -> bool:
        return asked.header("X-API-Key") == self.key

    def answer(self, asked: Asked) -> tuple[int, object]:
        parts = urlsplit(asked.path)
        if asked.method == "GET" and parts.path == "/cron-jobs":
            return self.page(parse_qs(parts.query))
        if self.refuses:
            return 400, {"message": self.refuses}
        content: Any = json.loads(asked.body)
        number = parts.path.removeprefix("/cron-jobs/")
        if asked.method == "POST" and parts.path == "/cron-jobs":
            made = max(self.jobs, default=4710) + 1
            self.jobs[made] = content
            return 201, {"cron_job_id": made}
        if asked.method == "PATCH" and number.isdigit() and int(number) in self.jobs:
            self.jobs[int(number)].update(content)
            return 200, {"cron_job_id": int(number)}
        return 404, {"message": "not found"}

    def page(self, query: dict[str, list[str]]) -> tuple[int, object]:
        """An empty page is a 404, as users of the API report."""
        size, page = int(query["page_size"][0]), int(query["page"][0])
        assert 1 <= size <= 500
        jobs = [{"cron_job_id": number, **job} for number, job in sorted(self.jobs.items())]
        found = jobs[(page - 1) * size : page * size]
        return (200, {"cron_jobs": found}) if found else (404, {"message": "none"})


def fire(job: dict[str, Any]) -> Finished:
    """Send what a job says, once."""
    headers = dict(line.split(": ", 1) for line in job["http_headers"].split("\n"))
    return send(job["http_method"], job["url"], headers, job["http_message_body"])
