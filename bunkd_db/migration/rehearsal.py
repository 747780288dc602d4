"""`upgrade --dry-run`: the whole upgrade in its one transaction, what it changes, and the way back."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.migration.behaviour import behaviour
from bunkd_db.migration.snapshot import Object, Snapshot, take
from bunkd_db.settings import Settings

FORMAT = 1
_DIGEST = """
select c.salt, c.deployed_digest, c.store from bunkd.credential c
 where c.schedule = %(schedule)s and c.place = %(place)s
"""
_BLOCKS = {
    "RowShareLock": "reads and writes go on",
    "RowExclusiveLock": "reads and writes go on",
    "ShareUpdateExclusiveLock": "reads and writes go on",
    "ShareLock": "reads go on, writes wait",
    "ShareRowExclusiveLock": "reads go on, writes wait",
    "ExclusiveLock": "reads go on, writes wait",
    "AccessExclusiveLock": "reads and writes wait",
}
_JOB_NUMBER = "the next cron job gets a higher number (cron.jobid_seq)."


@dataclass(frozen=True)
class Lock:
    """The strongest lock on one table that is not bunkd-db's, and what waits while it is held."""

    table: str
    mode: str

    @property
    def effect(self) -> str:
        """What others can do meanwhile, in words."""
        return _BLOCKS[self.mode]


@dataclass(frozen=True)
class Rehearsed:
    """What an upgrade would do.

    Attributes:
        behaviour: what would be different afterwards, a sentence each.
        lines: the last lines of that upgrade.
        seconds: how long it took, with the questions of the dry run itself.
        kept: what the roll back has not taken back, a sentence each.
    """

    before: str | None
    after: str | None
    behaviour: tuple[str, ...]
    added: tuple[Object, ...]
    replaced: tuple[Object, ...]
    dropped: tuple[Object, ...]
    locks: tuple[Lock, ...]
    lines: tuple[str, ...]
    seconds: float
    kept: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether anything would change."""
        objects = self.added or self.replaced or self.dropped
        return bool(objects or self.behaviour or self.before != self.after)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: keys are never renamed within a format."""
        return {
            "format": FORMAT,
            "changes": self.changes,
            "revision": {"before": self.before, "after": self.after},
            "behaviour": list(self.behaviour),
            "objects": {
                name: [{"kind": each.kind, "name": each.name} for each in objects]
                for name, objects in (
                    ("added", self.added),
                    ("replaced", self.replaced),
                    ("dropped", self.dropped),
                )
            },
            "locks": [
                {"table": lock.table, "mode": lock.mode, "effect": lock.effect}
                for lock in self.locks
            ],
            "ends_with": list(self.lines),
            "seconds": round(self.seconds, 3),
            "not_rolled_back": list(self.kept),
        }


@dataclass
class Rehearsal:
    """A dry run under way; the transaction tells it when it begins and before it would commit."""

    settings: Settings
    found: Rehearsed | None = None
    _before: Snapshot | None = None
    _began: float = field(default=0.0)
    _stand_ins: dict[str, Credential] = field(default_factory=dict)

    def begin(self, connection: database.Connection) -> Settings:
        """Look at what there is; return the settings for the upgrade that is rolled back.

        A secret that would be stored has a stand-in: what is rolled back stays on the disk for a while.
        """
        self._began = time.monotonic()
        database.require_owner(connection)  # as the upgrade does, before anything is asked of it
        self._before = take(connection)
        given = self.settings
        word = f"dry-run-{secrets.token_hex(16)}"
        url = Credential(f"https://{word}.invalid/")
        for place, secret, stand_in in (
            ("current", given.credential, Credential(word)),
            ("alert", given.alert_webhook, url),
            ("heartbeat", given.heartbeat_url, url),
        ):
            if secret is not None and self._kept_in(connection, secret, place) is None:
                self._stand_ins[place] = stand_in
        return replace(
            given,
            credential=self._stand_ins.get("current", given.credential),
            alert_webhook=self._stand_ins.get("alert", given.alert_webhook),
            heartbeat_url=self._stand_ins.get("heartbeat", given.heartbeat_url),
        )

    def end(self, connection: database.Connection, lines: list[str]) -> None:
        """Look again, right before the commit that does not come."""
        before = self._before
        assert before is not None
        locks = _locks(connection, before)
        after = take(connection)
        old, new = before.objects, after.objects
        added = sorted(new.keys() - old.keys())
        stored = {
            place: kept_in
            for place, stand_in in self._stand_ins.items()
            if (kept_in := self._kept_in(connection, stand_in, place))
        }
        self.found = Rehearsed(
            before.revision,
            after.revision,
            tuple(behaviour(before, after, self.settings, stored)),
            tuple(added),
            tuple(sorted(each for each in old.keys() & new.keys() if old[each] != new[each])),
            tuple(sorted(old.keys() - new.keys())),
            locks,
            tuple(lines),
            time.monotonic() - self._began,
            (_JOB_NUMBER,) if any(each.kind == "cron job" for each in added) else (),
        )

    def _kept_in(
        self, connection: database.Connection, secret: Credential, place: str
    ) -> str | None:
        """Where the secret is kept, vault or table; None where the last deploy did not bring it."""
        given = {"schedule": self.settings.schedule_name, "place": place}
        try:
            rows = database.rows(connection, _DIGEST, given)
        except database.Error:  # not installed yet
            return None
        for row in rows:
            salt = row["salt"]
            if isinstance(salt, bytes):
                salted = hashlib.sha256(salt + secret.reveal().encode()).digest()
                if salted == row["deployed_digest"]:
                    return str(row["store"])
        return None


def _locks(connection: database.Connection, before: Snapshot) -> tuple[Lock, ...]:
    """Return the strongest lock on each table of others; of extensions, only where they were there before."""
    order, strongest = list(_BLOCKS), dict[str, str]()
    for row in database.rows(connection, sql.read("queries/snapshot_locks")):
        table, mode, extension = str(row["name"]), str(row["mode"]), row["extension"]
        if mode not in _BLOCKS:
            continue
        if (
            extension in ("pg_cron", "pg_net", "http")
            and Object("extension", extension) not in before.objects
        ):
            continue
        now = strongest.get(table)
        if now is None or order.index(mode) > order.index(now):
            strongest[table] = mode
    return tuple(Lock(table, strongest[table]) for table in sorted(strongest))
