"""The revision of a schema that came without one: a dump of the schema alone brings no rows."""

from __future__ import annotations

# a column that each revision brought and every later one has; the oldest first
MARKS = {
    "0001": "schedule.name",
    "0002": "worker.id",
    "0003": "schedule.database_oid",
    "0004": "schedule.paused_until",
    "0005": "schedule.transport",
}


def stamp() -> str:
    """Return the statements that write the revision into a schema, as its objects tell it."""
    newest_first = "\n".join(
        f"  when {_has(mark)} then '{revision}'" for revision, mark in reversed(MARKS.items())
    )
    return f"""
create table if not exists bunkd.alembic_version (
  version_num varchar(32) not null constraint alembic_version_pkc primary key);
insert into bunkd.alembic_version (version_num)
select case
{newest_first}
  end
"""


def _has(mark: str) -> str:
    table, _, column = mark.partition(".")
    return (
        "exists (select from pg_catalog.pg_attribute a"
        f" where a.attrelid = pg_catalog.to_regclass('bunkd.{table}') and a.attname = '{column}')"
    )
