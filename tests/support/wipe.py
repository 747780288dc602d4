"""Put a used database back to how it was when the server was young, in well under a second.

pg_cron and pg_net work in one database of a server, so a test cannot have one of its own.
"""

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from tests.support.server import Connection
from tests.support.supabase import HERE
from tests.support.wait import wait_until

EXTENSIONS = "select extname from pg_extension"
SCHEMAS = "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'"
ROLES = "select rolname from pg_roles where rolname !~ '^pg_'"
PUBLICATIONS = "select pubname from pg_publication where pubname <> 'supabase_realtime'"
DATABASES = "select datname from pg_database"
ATTRIBUTES = """
select rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
  rolconnlimit, rolpassword, oid
from pg_authid where rolname !~ '^pg_' order by oid
"""
MEMBERS = """
select distinct m.roleid::regrole::text, m.member::regrole::text, m.admin_option
from pg_auth_members m where m.roleid >= 16384 or m.member >= 16384
"""
DATABASE = """
select datdba, datacl::text, datconnlimit from pg_database where datname = current_database()
"""
SETTINGS = "select setdatabase, setrole, setconfig from pg_db_role_setting order by 1, 2"

WORKERS = """
select distinct application_name from pg_stat_activity
where application_name = 'pg_cron scheduler' or application_name ~ '^pg_net '
"""

# The double is left alone unless it is in the middle of a batch, which would hold its tables.
CLIENTS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid()
  and not (application_name in ('pg_net 0.20.4', 'wake listener of the double')
           and not exists (select from pg_stat_activity
                           where application_name = 'pg_net 0.20.4' and state <> 'idle'))
"""

# Its scheduler remembers runs by the job's id, and ids begin anew with the extension: a new job with the id of a lane that
# was ended would not be begun for a minute. Before 1.5 lanes end with their minute, and a scheduler that is ended stays so.
LANES = """
select exists (select from cron.job where command like 'call bunkd.run_lane%') and extversion >= '1.5'
  from pg_extension where extname = 'pg_cron'
"""
SCHEDULER = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where application_name = 'pg_cron scheduler' or backend_type = 'pg_cron'
"""

# It ends over a job whose role is gone, or what it may not write, and begins anew after a second: one that began before the
# jobs were removed may end yet, in the middle of the next test.
SHAKEN = """
select exists (select from cron.job where not username = any (%s))
  or not exists (select from pg_stat_activity where application_name = 'pg_cron scheduler'
                  and backend_start < clock_timestamp() - interval '5 s')
"""
STEADY = """
select exists (select from pg_stat_activity where application_name = 'pg_cron scheduler'
                and (backend_start > %s or clock_timestamp() > %s::timestamptz + interval '2 s'))
"""


@dataclass(frozen=True)
class Baseline:
    """What was there at first; whatever else appears is a test's."""

    extensions: frozenset[str]
    schemas: frozenset[str]
    roles: frozenset[str]
    databases: frozenset[str]
    attributes: list[tuple[Any, ...]]
    members: frozenset[tuple[Any, ...]]
    database: tuple[Any, ...]
    settings: list[tuple[Any, ...]]
    workers: frozenset[str]

    @classmethod
    def of(cls, admin: Connection) -> "Baseline":
        row = admin.execute(DATABASE).fetchone()
        assert row is not None
        return cls(
            _names(admin, EXTENSIONS),
            _names(admin, SCHEMAS),
            _names(admin, ROLES),
            _names(admin, DATABASES),
            admin.execute(ATTRIBUTES).fetchall(),
            frozenset(admin.execute(MEMBERS).fetchall()),
            row,
            admin.execute(SETTINGS).fetchall(),
            _names(admin, WORKERS),
        )


def wipe(admin: Connection, baseline: Baseline) -> None:
    """Remove what tests made: sessions, jobs, extensions, objects, roles, settings, databases."""
    admin.execute("set default_transaction_read_only = off")  # a test's may be on still
    admin.execute("set datestyle = iso")
    shaken: object = False
    if "pg_cron" in _names(admin, EXTENSIONS):
        lanes = admin.execute(LANES).fetchone() == (True,)
        [(shaken,)] = admin.execute(SHAKEN, [list(baseline.roles)])
        admin.execute("select cron.unschedule(jobid) from cron.job")
        if lanes:
            admin.execute(SCHEDULER)
    admin.execute(CLIENTS)
    for (prepared,) in admin.execute("select gid from pg_prepared_xacts").fetchall():
        admin.execute(sql.SQL("rollback prepared {}").format(str(prepared)))
    _drop(admin, "database {} with (force)", _names(admin, DATABASES) - baseline.databases)
    _drop(admin, "publication {}", _names(admin, PUBLICATIONS))
    with admin.transaction():
        _drop(admin, "extension {} cascade", _names(admin, EXTENSIONS) - baseline.extensions)
        _drop(admin, "schema {} cascade", _names(admin, SCHEMAS) - baseline.schemas)
        admin.execute((HERE / "public.sql").read_bytes())
        if "supabase_vault" in baseline.extensions:
            admin.execute("delete from vault.secrets")
        _roles(admin, baseline)
        _settings(admin, baseline)
    _reset_system(admin)
    [(since,)] = admin.execute("select clock_timestamp()")
    admin.execute("select extensions.pg_stat_statements_reset()")
    # pg_cron's scheduler ends over a job whose role is gone, and is started again after a second
    wait_until(lambda: baseline.workers <= _names(admin, WORKERS), 30, "the workers are back")
    if shaken:
        wait_until(
            lambda: admin.execute(STEADY, [since, since]).fetchone() == (True,),
            30,
            "pg_cron's scheduler stays",
        )


def _roles(admin: Connection, baseline: Baseline) -> None:
    for role in sorted(_names(admin, ROLES) - baseline.roles):
        name = sql.Identifier(role)
        admin.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(name))
    members = frozenset(admin.execute(MEMBERS).fetchall())
    for group, member, _ in members - baseline.members:
        admin.execute(sql.SQL(f"revoke {group} from {member}"))
    for group, member, option in baseline.members - frozenset(admin.execute(MEMBERS).fetchall()):
        suffix = " with admin option" if option else ""
        admin.execute(sql.SQL(f"grant {group} to {member}{suffix}"))
    for row in set(baseline.attributes) - set(admin.execute(ATTRIBUTES).fetchall()):
        admin.execute(
            "update pg_authid set (rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, "
            "rolreplication, rolbypassrls, rolconnlimit, rolpassword) = "
            "row(%s, %s, %s, %s, %s, %s, %s, %s, %s) where oid = %s",
            row,
        )


def _settings(admin: Connection, baseline: Baseline) -> None:
    if admin.execute(DATABASE).fetchone() != baseline.database:
        admin.execute(
            "update pg_database set datdba = %s, datacl = %s::aclitem[], datconnlimit = %s "
            "where datname = current_database()",
            baseline.database,
        )
    if admin.execute(SETTINGS).fetchall() != baseline.settings:
        admin.execute("delete from pg_db_role_setting")
        for row in baseline.settings:
            admin.execute("insert into pg_db_role_setting values (%s, %s, %s)", row)


def _reset_system(admin: Connection) -> None:
    """Undo ALTER SYSTEM, which refuses to be undone in the transaction."""
    changed = admin.execute(
        "select from pg_file_settings where sourcefile like '%/postgresql.auto.conf'"
    ).fetchone()
    if changed is not None:
        admin.execute("alter system reset all")
        admin.execute("select pg_reload_conf()")


def _drop(admin: Connection, what: str, names: frozenset[str]) -> None:
    for name in sorted(names):
        admin.execute(sql.SQL("drop " + what).format(sql.Identifier(name)))


def _names(admin: Connection, query: str) -> frozenset[str]:
    return frozenset(str(row[0]) for row in admin.execute(query))
