"""What makes a plain PostgreSQL look like a Supabase project: settings, extension files, SQL.

The cluster and the container share it, so a test means the same on both.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.support.server import Connection, Unavailable

HERE = Path(__file__).parent
ROOT_SETTING = "BUNKD_TEST_PG_NET_ROOT"
HTTP_SETTING = "BUNKD_TEST_HTTP_ROOT"
CRON_SETTING = "BUNKD_TEST_PG_CRON_ROOT"
NO_CHANGES: Mapping[str, str | None] = MappingProxyType({})
FAKE_VERSION = "0.20.4"
EXTENSIONS = (
    "pg_cron,pg_net,http,supabase_vault,pgcrypto,uuid-ossp,"
    "pg_stat_statements,plpgsql_check,hstore,pg_trgm"
)


@dataclass(frozen=True)
class Files:
    """The extension files that the packages of one major version do not have.

    `net` says which pg_net the server has, None for none at all; `http` whether it has pgsql-http.
    """

    net: str | None
    extensions: tuple[Path, ...]
    libraries: tuple[Path, ...]
    http: bool = False

    @property
    def real_net(self) -> bool:
        return self.net is not None and self.net.startswith("real")


def net_root(major: int) -> Path | None:
    """The tree of `BUNKD_TEST_PG_NET_ROOT` (several are separated as in PATH) for this version."""
    return _root(ROOT_SETTING, "pg_net", major)


def _root(setting: str, extension: str, major: int) -> Path | None:
    """The tree that a setting names for this version, None where it names none."""
    value = os.environ.get(setting, "")
    if not value:
        return None
    for root in map(Path, value.split(os.pathsep)):
        if (root / f"usr/share/postgresql/{major}/extension/{extension}.control").is_file():
            return root
    raise Unavailable(f"{setting}={value} holds no {extension} for PostgreSQL {major}")


def http_of(major: int, system: Path) -> str | None:
    """Which pgsql-http a server of this version can have: of a tree, or of the machine's packages."""
    root = _root(HTTP_SETTING, "http", major)
    folder = root / f"usr/share/postgresql/{major}/extension" if root else system
    control = folder / "http.control"
    return default_version(control) if control.is_file() else None


def cron_of(major: int, system: Path) -> str:
    """Which pg_cron a server of this version gets."""
    root = _root(CRON_SETTING, "pg_cron", major)
    folder = root / f"usr/share/postgresql/{major}/extension" if root else system
    return default_version(folder / "pg_cron.control")


def net_of(major: int, system: Path | None = None) -> str:
    """Which pg_net a server of this version gets; `system` is its own folder of extensions."""
    root = net_root(major)
    folder = root / f"usr/share/postgresql/{major}/extension" if root else system
    control = folder / "pg_net.control" if folder else None
    if control is None or not control.is_file():
        return f"fake {FAKE_VERSION}"
    return f"real {default_version(control)}"


def default_version(control: Path) -> str:
    for line in control.read_text().splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "default_version":
            return value.strip().strip("'")
    raise ValueError(f"{control}: no default_version")


def files(major: int, system: Path | None = None, *, net: bool = True, http: bool = False) -> Files:
    """What to add to a server of this version; `system` is its own folder of extensions.

    Without `net` it gets no pg_net, whatever `system` has.
    """
    extensions = [*_extension(HERE / "fake_vault")]
    libraries: list[Path] = []
    for setting, name, wanted in ((CRON_SETTING, "pg_cron", True), (HTTP_SETTING, "http", http)):
        if wanted and (tree := _root(setting, name, major)):
            extensions += (tree / f"usr/share/postgresql/{major}/extension").glob(f"{name}*")
            libraries.append(tree / f"usr/lib/postgresql/{major}/lib/{name}.so")
    if not net:
        return Files(None, tuple(extensions), tuple(libraries), http)
    found, root = net_of(major, system), net_root(major)
    if root is not None:
        extensions += (root / f"usr/share/postgresql/{major}/extension").glob("pg_net*")
        libraries.append(root / f"usr/lib/postgresql/{major}/lib/pg_net.so")
    elif not found.startswith("real"):
        extensions += _extension(HERE / "fake_pg_net")
    return Files(found, tuple(extensions), tuple(libraries), http)


def _extension(folder: Path) -> list[Path]:
    return [*folder.glob("*.control"), *folder.glob("*.sql")]


def configuration(real_net: bool, hooks: str, sockets: str) -> str:
    """The text of a postgresql.conf to include; paths are those that the server sees."""
    preload = ["pg_stat_statements", "pg_cron", *(["pg_net"] if real_net else [])]
    settings = {
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "off",
        "synchronous_commit": "on",
        "full_page_writes": "off",
        "max_connections": "100",
        "max_prepared_transactions": "5",
        "wal_level": "logical",
        "password_encryption": "scram-sha-256",
        "log_statement": "all",
        "log_line_prefix": "%m [%p] %q%u@%d/%a ",
        "logging_collector": "off",
        "log_destination": "stderr",
        "unix_socket_directories": sockets,
        "shared_preload_libraries": ",".join(preload),
        "local_preload_libraries": "pgextwlist",
        "extwlist.extensions": EXTENSIONS,
        "extwlist.custom_path": hooks,
        "cron.database_name": "postgres",
        # The socket is the one way in without a password, so that a wrong one over TCP still fails.
        "cron.host": sockets,
        "pg_net.database_name": "postgres",
        "pg_net.batch_size": "200",
        "pg_net.ttl": "6 hours",
    }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def changed(configuration: str, changes: Mapping[str, str | None]) -> str:
    """The same text with other settings, without those that are None."""
    kept = [line for line in configuration.splitlines() if line.partition(" = ")[0] not in changes]
    added = [f"{name} = '{value}'" for name, value in changes.items() if value is not None]
    return "".join(f"{line}\n" for line in [*kept, *added])


ACCESS = """
local all all trust
host all all all scram-sha-256
host replication all all scram-sha-256
"""


def shape(admin: Connection) -> None:
    """Make the roles, owners and privileges of a Supabase project on a fresh server."""
    for name in ("supabase.sql", "public.sql"):
        admin.execute((HERE / name).read_bytes())
