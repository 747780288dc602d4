"""cron-job.org on this machine: its API as documented, and how it fires a job."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.command import Finished
from tests.targets.api import Api, Asked, send

METHODS = ("GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH")


@dataclass
class CronJobOrg(Api):
    """The API; `jobs` by id."""

    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def allows(self, asked: Asked) -> bool:
        return asked.header("Authorization") == f"Bearer {self.key}"

    def answer(self, asked: Asked) -> tuple[int, object]:
        path = asked.path
        content: Any = json.loads(asked.body) if asked.body else None
        if content and asked.header("Content-Type") != "application/json":
            return 400, {}  # the documentation: the payload is ignored
        job = int(path.removeprefix("/jobs/")) if path.startswith("/jobs/") else None
        match asked.method:
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


def fire(job: dict[str, Any]) -> Finished:
    """Send what a job says, once."""
    data = job["extendedData"]
    return send(METHODS[job["requestMethod"]], job["url"], data["headers"], data["body"])
