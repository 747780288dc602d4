"""Lanes that a test starts by itself, so that it need not wait for pg_cron's next second or minute."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.support import choose, packages, supabase
from tests.support.command import ROOT
from tests.support.database import Database
from tests.support.held import Held, stop_cron
from tests.support.queue import create_queue
from tests.support.server import Connection, Kind, Server, Unavailable
from tests.support.upgrade import SCHEDULE, install
from tests.support.wait import wait_until

AT_WORK = "select count(*) from pg_stat_activity where query like 'call bunkd.run_lane%'"
END = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'call bunkd.run_lane%'"
DEBIAN = "bunkd-db-debian:test"
HTTP = {"BUNKD_TRANSPORT": "http", "BUNKD_EVERY": "24h"}


def require_http(kind: Kind) -> None:
    """Skip where a server of this kind cannot have pgsql-http."""
    if kind == "container":
        from tests.support import image

        if not image.has_http(image.ensure_image()):
            pytest.skip("the container's image has no pgsql-http, and cannot be built anew here")
        return
    try:
        found = packages.find()
        there = supabase.http_of(found.major, found.extensions)
    except Unavailable as error:
        pytest.skip(str(error))
    if not there:
        pytest.skip(f"no pgsql-http here: apt-get install postgresql-{found.major}-http")


def require_debian(kind: Kind) -> str:
    """The container's image, where it is Debian's packages; skip where it is none, or nothing is in containers."""
    if kind != "container":
        pytest.skip("containers are tested with --server=container only")
    from tests.support import image

    name = image.ensure_image()
    if not image.is_own(name) or not image.has_http(name):
        pytest.skip(f"{name} is not Debian's packages")
    return name


def debian_image(kind: Kind) -> str:
    """The image of docker-compose.debian.yml, on one that has the packages already: nothing is downloaded."""
    base = require_debian(kind)
    from tests.support.engine import engine

    client = engine()
    try:
        client.images.build(
            path=str(ROOT),
            target="debian",
            buildargs={"DEBIAN_IMAGE": base},
            tag=DEBIAN,
            rm=True,
        )
    finally:
        client.close()
    return DEBIAN


def start_with_http(
    kind: Kind,
    changes: Mapping[str, str | None] = supabase.NO_CHANGES,
    *,
    net: bool | None = None,
) -> Server:
    """Start a server that has pgsql-http; skip where none can. `net`: whether it has pg_net, too."""
    require_http(kind)
    if kind == "container":
        from tests.support import image

        if changes and not image.is_own(image.ensure_image()):
            pytest.skip("the settings of Supabase's image are its own")
        real = supabase.net_of(image.MAJOR).startswith("real")
        return choose.start(kind, changes, net=real if net is None else net, http=True)
    return choose.start(kind, changes, net=net is not False, http=True)


@dataclass
class Lane:
    """One run of a lane, in a session and a thread of its own."""

    session: Connection
    thread: threading.Thread = field(init=False)
    error: psycopg.Error | None = None

    def run(self, n: int) -> None:
        def call() -> None:
            try:
                self.session.execute(f"call bunkd.run_lane('{SCHEDULE}', {n})")
            except psycopg.Error as error:
                self.error = error

        self.thread = threading.Thread(target=call, daemon=True)
        self.thread.start()

    @property
    def pid(self) -> int:
        return self.session.info.backend_pid

    @property
    def over(self) -> bool:
        return not self.thread.is_alive()


@dataclass
class Lanes(Held):
    """A schedule whose calls lanes send; no tick and no lane comes but the test's."""

    started: list[Lane] = field(default_factory=list)

    def start(self, *numbers: int) -> list[Lane]:
        """Begin a run of each of these lanes."""
        lanes = [Lane(self.database.connect()) for _ in numbers]
        for lane, n in zip(lanes, numbers, strict=True):
            lane.run(n)
        self.started += lanes
        return lanes

    def stop(self) -> None:
        with self.database.admin() as admin:
            for lane in self.started:
                if not lane.over:
                    admin.execute("select pg_terminate_backend(%s, 5000)", [lane.pid])
                lane.thread.join(5)
                lane.session.close()


def installed(database: Database, connection: Connection, url: str, **env: str) -> Lanes:
    """Install with lanes on an empty queue."""
    if (
        not database.server.seconds
    ):  # a lane ends with its minute: each test needs the better part of one
        wait_until(lambda: time.time() % 60 < 30, 31, "a minute has begun")
    create_queue(connection)
    install(database, **{**HTTP, "BUNKD_CALL_URL": url, **env})
    stop_cron(connection)
    return Lanes(database, connection)
