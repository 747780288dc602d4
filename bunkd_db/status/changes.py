"""What was changed, by whom: the rows of `bunkd.change`, and how people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Values = Mapping[str, Any]
_URLS = {"alert": "alert webhook", "heartbeat": "heartbeat URL"}
_NOTED = ("paused", "paused_until", "paused_because", "held", "held_because")


@dataclass(frozen=True)
class Change:
    """One change; the fields are the columns of the view `bunkd.history`.

    Attributes:
        schedule: None: of the installation as a whole.
        what: create, set, pause, resume, mode, hold, open, credential, retire, remove or upgrade.
        origin: command, deploy, sql (somebody's own statement), or bunkd: by itself.
        role: that was logged in.
        actor: the person's name, None where none is known.
        before, after: what was changed, by column; None where there was nothing.
        why: in the words of whoever changed it.
    """

    change: int
    at: datetime
    schedule: str | None
    what: str
    origin: str
    role: str
    actor: str | None
    before: Values | None
    after: Values | None
    why: str | None


def parse_changes(found: Sequence[Values] | None) -> tuple[Change, ...]:
    """Return what `bunkd.read_changes` gives, the newest first."""
    return tuple(
        Change(**{**each, "at": datetime.fromtimestamp(each["at"], UTC)}) for each in found or ()
    )


def by_whom(change: Change) -> str:
    """Return who made a change, and how."""
    if change.origin == "bunkd":
        return "bunkd-db itself"
    if change.actor and change.actor != change.role:
        return f"{change.actor} (role {change.role}, {change.origin})"
    return f"role {change.role} ({change.origin})"


def differences(change: Change) -> list[str]:
    """Return what was changed, a text each.

    >>> at = datetime(2026, 11, 27, tzinfo=UTC)
    >>> differences(Change(1, at, "s", "set", "sql", "me", None, {"every": "30s"}, {"every": "10s"}, None))
    ['every 30s -> 10s']
    """
    before, after = change.before or {}, change.after or {}
    match change.what:
        case "upgrade":
            return [f"{_version(before)} -> {_version(after)}" if before else _version(after)]
        case "credential":
            return [_credential(after or before, dropped=after.get("store") in (None, "removed"))]
    said = [
        f"{name} {_shown(before.get(name))} -> {_shown(value)}"
        if _shown(before.get(name)) != _shown(value)
        else f"{name} changed"
        for name, value in after.items()
        if name not in _NOTED
    ]
    if change.what in ("pause", "set") and after.get("paused_until"):
        until = f"until {_moment(str(after['paused_until']))}"
        said.insert(0, until if change.what == "pause" else f"paused {until}")
    return said


def reason(change: Change) -> str | None:
    """Return why it was changed: what was said to the command, or what bunkd-db found."""
    after = change.after or {}
    noted = after.get("paused_because") if change.what in ("pause", "set") else None
    found = after.get("held_because") if change.what == "hold" else None
    return change.why or (str(noted) if noted else None) or (str(found) if found else None)


def _version(values: Values) -> str:
    return f"bunkd-db {values.get('version')} (revision {values.get('revision')})"


def _credential(values: Values, *, dropped: bool) -> str:
    where = "in Vault" if values.get("store") == "vault" else "in bunkd.secret"
    place = str(values.get("place"))
    if place in _URLS:
        return f"{_URLS[place]}: {'removed' if dropped else f'stored {where}'}"
    label = "" if place == "current" else "staged: "
    return f"{label}dropped" if dropped else f"{label}a {values.get('kind')} {where}"


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:  # infinity, or a year beyond Python's
        return text


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "on" if value else "off"
        case list():
            return ", ".join(map(str, value)) or "none"
        case str():
            return value or "none"
    return str(value)
