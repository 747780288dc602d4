"""The application's job table, in both of its generations."""

from datetime import timedelta
from typing import Literal

from psycopg import sql

from tests.support.server import Connection

Generation = Literal[1, 2]
TABLE = "public.analysis_jobs"

STATUS = {
    1: ("queued", "processing", "completed", "failed"),
    2: ("queued", "running", "done", "failed"),
}

FIRST = """
create table {table} (
  id uuid primary key default gen_random_uuid(),
  fingerprint text not null,
  input_data jsonb not null,
  rubric_version text not null default '1.0',
  user_id uuid,
  status text not null default 'queued'
    check (status in ('queued', 'processing', 'completed', 'failed')),
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz
);
create index on {table} (status);
create index on {table} (created_at);
create index on {table} (fingerprint);
create index on {table} (user_id);
create policy insert_own on {table} for insert to authenticated with check (true);
create policy update_all on {table} for update to service_role using (true);
"""

SECOND = """
create table {table} (
  id uuid primary key default gen_random_uuid(),
  input_type text not null check (input_type in ('url', 'text', 'image')),
  input_value text not null,
  normalized_input text not null,
  cache_key text not null unique,
  job_token uuid not null default gen_random_uuid(),
  request_id text,
  status text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
  attempts int not null default 0,
  claim_id uuid,
  claimed_at timestamptz,
  last_error_code text,
  last_error_message text,
  result_json jsonb,
  bs_score int,
  model_used text,
  perplexity_latency_ms int,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on {table} (status, claimed_at) where status = 'queued';
create index on {table} (job_token);
create index on {table} (created_at desc);
"""

COMMON = """
alter table {table} enable row level security;
create or replace function {schema}.set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger set_updated_at before update on {table}
  for each row execute function {schema}.set_updated_at();
"""

ADD = {
    1: """
insert into {table} (fingerprint, input_data, status, created_at, updated_at)
select md5(random()::text), '{{"text": "a product"}}', %(status)s, t, t
from (select now() - %(age)s::interval as t) s, generate_series(1, %(n)s)
returning id::text
""",
    2: """
insert into {table} (
  input_type, input_value, normalized_input, cache_key, status, attempts, created_at, updated_at)
select 'text', 'a product', 'a product', gen_random_uuid()::text, %(status)s, %(attempts)s, t, t
from (select now() - %(age)s::interval as t) s, generate_series(1, %(n)s)
returning id::text
""",
}


def create_queue(connection: Connection, generation: Generation = 2, table: str = TABLE) -> None:
    """Write the table as the application does: an older one is dropped, triggers and all."""
    names = {"table": _name(table), "schema": sql.Identifier(_parts(table)[0])}
    table_sql = FIRST if generation == 1 else SECOND
    statements = "drop table if exists {table} cascade;" + table_sql + COMMON
    with connection.transaction():
        connection.execute(sql.SQL(statements).format(**names))


def add_jobs(
    connection: Connection,
    n: int = 1,
    *,
    status: str = "queued",
    age: timedelta = timedelta(0),
    attempts: int = 0,
    table: str = TABLE,
) -> list[str]:
    """Insert n jobs in one statement and return their ids."""
    statement = sql.SQL(ADD[generation_of(connection, table)]).format(table=_name(table))
    values = {"n": n, "status": status, "age": age, "attempts": attempts}
    return [str(row[0]) for row in connection.execute(statement, values)]


def count_by_status(connection: Connection, table: str = TABLE) -> dict[str, int]:
    statement = sql.SQL("select status, count(*) from {} group by status").format(_name(table))
    return {str(status): int(str(count)) for status, count in connection.execute(statement)}


def generation_of(connection: Connection, table: str = TABLE) -> Generation:
    found = connection.execute(
        "select from pg_attribute where attrelid = %s::regclass and attname = 'claimed_at'", [table]
    )
    return 1 if found.fetchone() is None else 2


def _parts(table: str) -> list[str]:
    schema, _, name = table.rpartition(".")
    return [schema or "public", name]


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*_parts(table))
