"""What would be different after an upgrade: who calls whom, how often, with which settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bunkd_db.migration.snapshot import Snapshot
from bunkd_db.printable import without_query
from bunkd_db.settings import Settings

# what is told in a sentence of its own, or can hold a secret
_TOLD = ("name", "mode", "mode_reason", "held", "held_because", "retired")
_HIDDEN = ("headers", "body")
_SECRETS = {
    "current": "The credential",
    "alert": "The URL that alerts go to",
    "heartbeat": "The URL that the heartbeat goes to",
}


def behaviour(
    before: Snapshot, after: Snapshot, settings: Settings, stored: Mapping[str, str]
) -> Iterator[str]:
    """Yield a sentence for each difference that anybody would notice; objects are told elsewhere.

    `stored` has the place of each secret that would be new, and where it would be: vault or table.
    """
    for name in sorted(after.schedules):
        old, new = before.schedules.get(name), after.schedules[name]
        report = after.reports.get(name, {})
        if old is None:
            yield f"Schedule {name} would be created: {_who(new, report)}."
        else:
            yield from _changed(name, old, new, report, before.reports.get(name, {}))
        if name in before.copies and name not in after.copies and not new.get("held"):
            yield f"Schedule {name} would no longer count as a copy: this database would make calls."
            if before.copies[name]:
                yield f"Schedule {name}: the URLs of alerts and heartbeat would be forgotten."
        if report.get("retired"):
            jobs = ", ".join(report["retired"])
            yield f"The cron jobs {jobs} would be switched off: they call the same function."
        if name == settings.schedule_name:
            for place, kept_in in stored.items():
                where = "Vault" if kept_in == "vault" else "bunkd.secret"
                yield f"{_SECRETS[place]} would be stored in {where}; this run has not stored it."
        yield from _due(name, before, after)
    for name in sorted(before.schedules.keys() - after.schedules.keys()):
        yield f"Schedule {name} would be removed."


def _who(row: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    if row.get("mode") == "external":
        return f"external, because {row.get('mode_reason')}"
    if not report.get("job"):
        return "this database would make no calls yet, as the lines after 'ends with' say"
    pace, url = report.get("pace") or row.get("every"), without_query(row.get("url") or "")
    return f"this database would call {url or 'no url'} every {pace}"


def _changed(
    name: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    report: Mapping[str, Any],
    reported: Mapping[str, Any],
) -> Iterator[str]:
    if old.get("mode") != new.get("mode"):
        was = f" instead of {old['mode']}" if old.get("mode") else ""
        yield f"Schedule {name} would be {new.get('mode')}{was}: {_who(new, report)}."
    if old.get("held") and not new.get("held"):
        yield f"Schedule {name} would no longer be held: calls would be made."
    if old["retired"] != new["retired"]:
        yield f"Schedule {name} would be {'retired' if new['retired'] else 'in use again'}."
    for column in new:
        if column in _TOLD or column not in old or old[column] == new[column]:
            continue
        if column in _HIDDEN:
            yield f"Schedule {name}: {column} would change."
        else:
            was, would = _text(column, old[column]), _text(column, new[column])
            how = f" from {was} to {would}" if was != would else ", in what is not shown"
            yield f"Schedule {name}: {column} would change{how}."
    paces = reported.get("pace"), report.get("pace")
    if all(paces) and paces[0] != paces[1]:
        yield f"Schedule {name}: ticks would come every {paces[1]} instead of every {paces[0]}."


def _due(name: str, before: Snapshot, after: Snapshot) -> Iterator[str]:
    was, due = before.due.get(name), after.due.get(name)
    if due is None or not due.calls:
        return
    if was is None or was.calls != due.calls:
        calls = "1 call" if due.calls == 1 else f"{due.calls} calls"
        yield f"Schedule {name}: jobs wait, and the first tick would make {calls} at once."


def _text(column: str, value: Any) -> str:
    if value is None:
        return "nothing"
    if column == "url":
        return without_query(str(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return (
        {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
