"""QStash on this machine: its API for schedules as documented, and how it sends a message."""

from dataclasses import dataclass, field

from tests.support.command import Finished
from tests.targets.api import Api, Asked, send

PATH = "/v2/schedules/"
FORWARD = "upstash-forward-"


@dataclass
class QStash(Api):
    """The API; `schedules` by id, each the request that made it."""

    schedules: dict[str, Asked] = field(default_factory=dict)
    full: bool = False

    def allows(self, asked: Asked) -> bool:
        return asked.header("Authorization") == f"Bearer {self.key}"

    def answer(self, asked: Asked) -> tuple[int, object]:
        if asked.method != "POST" or not asked.path.startswith(PATH):
            return 404, {}
        if self.full:
            return 412, {"error": "too many schedules"}
        name = asked.header("Upstash-Schedule-Id") or f"scd_{len(self.schedules)}"
        self.schedules[name] = asked
        return 200, {"scheduleId": name}


def destination(schedule: Asked) -> str:
    """The URL that a schedule's messages go to."""
    return schedule.path.removeprefix(PATH)


def fire(schedule: Asked) -> Finished:
    """Send a schedule's message, once: the prefix of the headers to forward is taken away."""
    headers = {
        name[len(FORWARD) :]: text
        for name, text in schedule.headers.items()
        if name.lower().startswith(FORWARD)
    }
    headers["Content-Type"] = schedule.header("Content-Type") or ""
    method = schedule.header("Upstash-Method") or "POST"
    return send(method, destination(schedule), headers, schedule.body.decode())
