"""What a test knows about the server it runs on, whatever kind it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Protocol, Self

import psycopg

from tests.support.wait import wait_until

Kind = Literal["container", "cluster", "embedded"]
Mode = Literal["fast", "immediate"]
Connection = psycopg.Connection[tuple[object, ...]]

PASSWORD = "postgres"


class Unavailable(Exception):
    """This kind of server cannot be had here; the text says what is missing and how to get it."""


class Control(Protocol):
    """How one kind of server is handled from outside."""

    def log(self, since: float) -> str: ...
    def mark(self) -> float: ...
    def restart(self, mode: Mode) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL server, shaped like Supabase's unless it is the embedded one."""

    kind: Kind
    url: str
    admin_url: str
    version: int
    cron_version: str | None
    net: str | None
    callback_host: str
    control: Control = field(repr=False)

    @property
    def bind(self) -> str:
        """Where a server of this machine has to listen, for this one to reach it at `callback_host`."""
        return "127.0.0.1" if self.callback_host == "127.0.0.1" else "0.0.0.0"

    @property
    def real_net(self) -> bool:
        """Whether calls are sent by the real pg_net instead of by the double."""
        return self.net is not None and self.net.startswith("real")

    @property
    def seconds(self) -> bool:
        """Whether pg_cron here takes schedules of seconds (1.5 and later)."""
        numbers = (self.cron_version or "0").replace("-", ".").split(".")
        return tuple(int(n) for n in numbers[:2]) >= (1, 5)

    def connect(self) -> Connection:
        return connect(self.url)

    def admin(self) -> Connection:
        return connect(self.admin_url)

    def log(self, since: float = 0) -> str:
        """The server log: all of it, or from a mark on."""
        return self.control.log(since)

    def mark(self) -> float:
        """The present end of the log, for `log(since)`."""
        return self.control.mark()

    def restart(self, mode: Mode = "fast") -> None:
        """Stop and start the server (immediate: as after a crash) and wait until it works."""
        self.control.restart(mode)

    def stop(self) -> None:
        self.control.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def connect(url: str) -> Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def url_of(role: str, port: int, host: str = "127.0.0.1") -> str:
    return f"postgresql://{role}:{PASSWORD}@{host}:{port}/postgres"


def wait_for_answer(
    url: str,
    timeout: float = 60.0,
    alive: Callable[[], object] = lambda: True,
) -> None:
    """Wait until a query works over TCP: an open port or an init-time server is not an answer."""

    def answers() -> bool:
        if not alive():
            raise RuntimeError("the server ended while starting")
        try:
            with connect(url) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    wait_until(answers, timeout, "the server answers a query")


def wait_for_workers(url: str, net: str | None, timeout: float = 30.0) -> None:
    """Wait until pg_cron's launcher and the sender of calls are at work."""
    wanted = ["pg_cron scheduler", *([f"pg_net {net.split()[1]}"] if net else [])]
    query = "select array_agg(application_name) from pg_stat_activity"
    with connect(url) as connection:

        def working() -> bool:
            row = connection.execute(query).fetchone()
            return row is not None and isinstance(row[0], list) and set(wanted) <= set(row[0])

        wait_until(working, timeout, f"{' and '.join(wanted)} at work")


def cron_version(connection: Connection) -> str | None:
    return available(connection, "pg_cron")


def available(connection: Connection, extension: str) -> str | None:
    row = connection.execute(
        "select default_version from pg_available_extensions where name = %s", [extension]
    ).fetchone()
    return None if row is None else str(row[0])
