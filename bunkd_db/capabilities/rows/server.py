"""The server and the role that asks."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row, need


@dataclass(frozen=True)
class Server(Row, query="server", what="what the server is", required=True):
    """The server, the role that asks and the installing role.

    Attributes:
        database_sql, role_sql, installer_sql: the names as they are written in SQL.
        installer: the installing role, whose privileges count: it owns schema bunkd; before the
            first upgrade it is the role that asks.
        superuser, may_create_schema: the installing role's.
        installed: there is a schema bunkd; `may_read_ours`: the asking role can use it.
        trusts_installer: what is in schema bunkd can run as the asking role: that one is no
            superuser, or the installing role is one too.
    """

    version: str
    version_number: int
    build: str
    database: str
    role: str
    database_sql: str
    role_sql: str
    installer_sql: str
    in_recovery: bool
    installer: str
    superuser: bool
    may_create_schema: bool
    installed: bool
    may_read_ours: bool
    trusts_installer: bool
    heroku_schema: bool
    aurora_function: bool

    @property
    def shows_ours(self) -> bool:
        """Whether what bunkd-db installed can be asked by this role."""
        return self.installed and self.may_read_ours and self.trusts_installer

    @property
    def ask_again(self) -> str:
        """Who can ask what this role cannot; empty where it is the installing role itself."""
        return f"Ask again as role {self.installer}." if self.role != self.installer else ""


OURS = need(Server, lambda server: server.shows_ours)
ON_PRIMARY = need(Server, lambda server: not server.in_recovery)
