"""Whether whoever is to be told can be told."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.status.facts import Message, Schedule
from bunkd_db.status.verdict import Code, Health, Line


def alerts_fail(schedule: Schedule) -> Iterator[Line]:
    found = schedule.alerts
    if found is None:
        return
    if found.problem and (found.webhook or found.heartbeat):
        yield Line(
            Code.ALERTS_FAIL,
            Health.DEGRADED,
            f"the last check for something to alert about failed (SQLSTATE {found.problem})",
            "Read the server's log: the line begins with bunkd. The next check is in 20 seconds.",
        )
    for place, noun, option in (
        ("alert", "alert webhook", ""),
        ("heartbeat", "heartbeat URL", " --heartbeat"),
    ):
        failed = _failed([each for each in found.messages if each.place == place])
        if failed:
            yield Line(
                Code.ALERTS_FAIL,
                Health.DEGRADED,
                f"a message did not arrive at the {noun}: {_how(failed)}",
                "Correct the URL with the first command, if it is wrong, and try it with the second:",
                tuple(
                    f"bunkd-db alert {verb}{option} --schedule {schedule.name}"
                    for verb in ("set", "test")
                ),
            )


def _failed(messages: list[Message]) -> Message | None:
    """Return the newest one that did not arrive; given up and a later one arrived: that is over."""
    for each in messages:
        if each.problem:
            return each
        if each.told and not each.due:
            return next((other for other in messages if other.problem and other.due), None)
    return None


def _how(message: Message) -> str:
    again = (
        "it is tried again"
        if message.due or message.code == "HEARTBEAT"
        else "it is not tried again"
    )
    return f"{message.problem} ({message.code}; {again})"
