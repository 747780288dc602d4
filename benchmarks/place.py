"""Where everything is measured: one server, one endpoint, one session of the owner."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sizes import Sizes
from tests.support import cluster, packages, supabase
from tests.support.choose import choose, preference, start
from tests.support.endpoint import Endpoint, Jobs
from tests.support.queue import TABLE
from tests.support.server import Connection, Server
from tests.support.upgrade import downgrade, install

SLOTS = 20

# The tests' servers trade safety for speed and log every statement; nobody's own server does.
AS_IN_LIFE = (
    "fsync = on",
    "full_page_writes = on",
    "log_statement = 'none'",
    "max_prepared_transactions = 0",
)
MEASURABLE = "track_commit_timestamp = on"
LANES = f"cron.max_running_jobs = {SLOTS + 12}"
"""Our tick and a free place beside one lane for each slot."""


@dataclass
class Place:
    """The server, what its calls reach, and how much to measure."""

    server: Server
    endpoint: Endpoint
    link: Connection
    sizes: Sizes

    def install(
        self,
        *,
        slots: int = SLOTS,
        on_timeout: str = "release",
        timeout: str = "35s",
        table: str = TABLE,
        mode: str = "auto",
        transport: str = "pg_net",
        url: str | None = None,
    ) -> None:
        """Deploy ours, or change the settings of what is deployed."""
        install(
            self.server.url,
            BUNKD_CALL_URL=url or self.endpoint.url,
            BUNKD_MAX_IN_FLIGHT=str(slots),
            BUNKD_ON_TIMEOUT=on_timeout,
            BUNKD_CALL_TIMEOUT=timeout,
            BUNKD_QUEUE_TABLE=table,
            BUNKD_MODE=mode,
            BUNKD_TRANSPORT=transport,
        )

    @property
    def http(self) -> bool:
        """Whether the server has pgsql-http."""
        found = self.link.execute("select from pg_available_extensions where name = 'http'")
        return found.fetchone() is not None

    def restart(self) -> None:
        """Stop and start the server: all sessions are new, and pg_cron's scheduler too."""
        self.link.close()
        self.server.restart()
        self.link = self.server.connect()
        if self.endpoint.jobs:
            self.endpoint.jobs.close()
        self.endpoint.jobs = Jobs(self.server.url)

    def remove(self) -> None:
        """Take ours away again, if it is there."""
        found = self.link.execute("select to_regnamespace('bunkd') is not null").fetchone()
        if found == (True,):
            downgrade(self.server.url)

    def header(self) -> dict[str, str]:
        """The machine and the versions, in words."""
        version = self.link.execute("show server_version").fetchone()
        assert version is not None
        assert self.server.net is not None
        kind, _, number = self.server.net.partition(" ")
        return {
            "machine": f"{os.cpu_count()} cores, {memory()}, {cpu()}",
            "system": f"{platform.system()}, Python {platform.python_version()}",
            "server": f"PostgreSQL {str(version[0]).split()[0]} ({self.server.kind}), memory settings as shipped",
            "pg_cron": self.server.cron_version or "none",
            "http": self._version("http"),
            "pg_net": f"{number}, {'the real one' if kind == 'real' else 'a stand-in with its batches'}",
        }

    def _version(self, extension: str) -> str:
        found = self.link.execute(
            "select default_version from pg_available_extensions where name = %s", [extension]
        ).fetchone()
        return str(found[0]) if found else "none"


@contextmanager
def provide(sizes: Sizes) -> Iterator[Place]:
    """Start a server with realistic settings; raises Unavailable where there is none to be had."""
    with _server() as server:
        with server.admin() as admin:
            for setting in (*AS_IN_LIFE, MEASURABLE, LANES):
                admin.execute(f"alter system set {setting}".encode())
        server.restart()
        local = server.callback_host == "127.0.0.1"
        endpoint = Endpoint(
            server.url,
            host="127.0.0.1" if local else "0.0.0.0",
            public_host=server.callback_host,
        )
        with endpoint:
            place = Place(server, endpoint, server.connect(), sizes)
            try:
                yield place
            finally:
                place.link.close()


def _server() -> Server:
    """The best kind there is, with pgsql-http where it is at hand."""
    kind = choose(preference()).kind
    if kind != "cluster":
        return start(kind)
    found = packages.find()
    return cluster.start(http=supabase.http_of(found.major, found.extensions) is not None)


def cpu() -> str:
    """The processor's name, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def memory() -> str:
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{gigabytes:.0f} GB"
