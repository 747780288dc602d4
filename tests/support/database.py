"""One test's view of the server's database: wiped, with a log that starts where the test does."""

from dataclasses import dataclass

from tests.support.server import Connection, Server, connect
from tests.support.wipe import Baseline, wipe


@dataclass(frozen=True)
class Database:
    """The database `postgres`, clean; `url` is its owner's, `admin_url` the superuser's."""

    server: Server
    began: float

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def admin_url(self) -> str:
        return self.server.admin_url

    def connect(self, role: str | None = None) -> Connection:
        """A session as the owner, or as another role of the server by its password."""
        return connect(self.url if role is None else self.url_as(role))

    def admin(self) -> Connection:
        return connect(self.admin_url)

    def url_as(self, role: str, password: str = "postgres") -> str:
        return f"postgresql://{role}:{password}@{self.url.partition('@')[2]}"

    def log(self) -> str:
        """What the server logged since the test began."""
        return self.server.log(self.began)


def clean(server: Server, baseline: Baseline) -> Database:
    """Wipe the server's database and hand it out."""
    with server.admin() as admin:
        wipe(admin, baseline)
    return Database(server, server.mark())
