"""What a copy is told by, what happened in the queue during a call, and who may own the queue.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, OID
from sqlalchemy.types import UserDefinedType

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

_SCHEMA = "bunkd"

# What 0001 and 0002 left, but for the triggers' functions: the upgrade states what is still there
# anew, and may give it another signature.
_DROP_FUNCTIONS = """
do $$
declare
  v_function pg_catalog.text;
begin
  for v_function in
    select p.oid::pg_catalog.regprocedure::pg_catalog.text from pg_catalog.pg_proc p
     where p.pronamespace = 'bunkd'::pg_catalog.regnamespace
       and pg_catalog.pg_get_userbyid(p.proowner) = current_user and p.proname in (
       'active_condition', 'apply', 'attach', 'brake', 'budget', 'call_workers',
       'credential_kind', 'cron_schedule', 'demand', 'detach', 'detach_slot', 'dispatch',
       'enable_extensions', 'every_seconds', 'fence', 'first_word', 'free_detached', 'free_slot',
       'gate', 'give_back', 'has_credential', 'has_net', 'has_vault', 'hears', 'hold_tick',
       'is_attached', 'is_indexed', 'judge', 'maintain', 'make_slots', 'note_tick', 'observe',
       'old_jobs', 'outcome', 'provision', 'prune', 'queue_counts', 'queue_shape',
       'read_credential', 'register', 'report', 'request_headers', 'rescue', 'retire',
       'see_worker', 'send', 'settle', 'settle_answers', 'settle_call', 'settle_released',
       'status_condition', 'take', 'tick', 'unregister', 'wake_setting', 'worker_exchange',
       'write_outcome')
  loop
    execute 'drop routine ' || v_function;
  end loop;
end
$$
"""

# Every trigger goes on with its function under the new name: no table of the application's is
# locked, and no write goes by without its wake.
_RENAME_FUNCTIONS = """
do $$
declare
  v_name pg_catalog.text[];
begin
  foreach v_name slice 1 in array array[['arm', 'on_queue_write'], ['at_commit', 'dispatch_at_commit']] loop
    if pg_catalog.to_regprocedure('bunkd.' || v_name[1] || '()') is not null then
      execute pg_catalog.format('alter function bunkd.%I() rename to %I', v_name[1], v_name[2]);
    end if;
  end loop;
end
$$
"""

# Those that bunkd.ensure_slots has made, one a schedule.
_DROP_SEQUENCES = """
do $$
declare
  v_sequence pg_catalog.text;
begin
  for v_sequence in
    select c.oid::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_class c
     where c.relnamespace = 'bunkd'::pg_catalog.regnamespace and c.relkind = 'S'
       and c.relname ~ '^progress_[0-9a-f]{8}$' and pg_catalog.pg_get_userbyid(c.relowner) = current_user
  loop
    execute 'drop sequence ' || v_sequence;
  end loop;
end
$$
"""

# What functions hand to one another; the order of the columns is theirs.
_TYPES = {
    "queue_shape": (
        "queue regclass, status_type regtype, waiting text, claimable text, claims text,"
        " active text, started_column text, created_column text, problem text",
        "How to read a queue: the table, SQL conditions on its rows, columns; or what stands in the way.",
    ),
    "answer": (
        "outcome text, status_code integer, job_id text, detail text, retry_at timestamptz",
        "How a call ended, as the ledger has it.",
    ),
    "call_plan": (
        "calls integer, reason text, limited_by text, problem text, back_off text, again boolean",
        "How many calls to make now, for which reason, and why not more: PAUSED, NO_SLOT, BACK_OFF, QUEUE_PROBLEM, DEMAND.",
    ),
    "obstacle": (
        "code text, detail text, remedy text, commands text[]",
        "What keeps calls from being made: a stable code, what was found, what to do, and lines of SQL or shell to paste for it.",
    ),
}


class _Obstacle(UserDefinedType[object]):
    def get_col_spec(self, **_: object) -> str:
        return "bunkd.obstacle"


_COLUMNS = {
    "schedule": (
        sa.Column(
            "database_oid",
            OID,
            comment="Of the database that was provisioned; in any other one nothing is sent.",
        ),
        sa.Column(
            "timeline",
            sa.Text,
            comment="The server's timeline when it was last known to be no copy, as in a WAL file's name.",
        ),
        sa.Column(
            "held",
            sa.DateTime(timezone=True),
            comment="Since when no call is made because this looks like a restored copy; null: it is none.",
        ),
        sa.Column(
            "held_xid",
            sa.BigInteger,
            comment="The transaction that held it or sent the last probe: what is newer is news.",
        ),
        sa.Column("held_because", sa.Text, comment="What was found then, in words."),
        sa.Column(
            "held_after",
            sa.DateTime(timezone=True),
            comment="Jobs that were queued later were queued here, not in the original; null: not known.",
        ),
        sa.Column(
            "on_restore",
            sa.Text,
            nullable=False,
            server_default="hold",
            comment="hold: a restored copy calls nobody; probe: it asks the endpoint; go: it goes on.",
        ),
        sa.Column(
            "queue_owner",
            sa.Text,
            comment="A role besides the installer whose table may be the queue.",
        ),
        sa.Column(
            "registered",
            sa.DateTime(timezone=True),
            comment="When the cron job was last registered or altered.",
        ),
        sa.Column(
            "mode_code",
            sa.Text,
            comment="Why it is external: the reason code of a check; mode_reason has it in words.",
        ),
        sa.Column("job_obstacle", _Obstacle, comment="Why pg_cron has no job; null: it has one."),
        sa.Column("job_id", sa.BigInteger, comment="The cron job that was registered last."),
        sa.Column("job_role", sa.Text, comment="The role of that cron job."),
    ),
    "slot": (
        sa.Column(
            "jobs_left",
            sa.Integer,
            nullable=False,
            server_default="0",
            comment="How many jobs have left the active state while its call was open.",
        ),
        sa.Column(
            "progress",
            sa.BigInteger,
            comment="What bunkd.find_progress_counter counted when its call was sent or taken.",
        ),
    ),
    "call": (
        sa.Column(
            "moved",
            sa.Boolean,
            comment="Whether a job changed its status while it was open; null: not known.",
        ),
    ),
    "last_tick": (
        sa.Column(
            "locked_slots",
            JSONB,
            comment="The transactions that kept free slots locked at the last tick.",
        ),
        sa.Column(
            "rescue_problem",
            sa.Text,
            comment="Why jobs that are stuck are not rescued; null: they are, or none is.",
        ),
        sa.Column(
            "wake_problem",
            sa.Text,
            comment="Why writes to the queue cause no call; null: they do, or are not to.",
        ),
        sa.Column(
            "pruned_at",
            sa.DateTime(timezone=True),
            comment="When a look found nothing more to prune.",
        ),
        sa.Column(
            "unsent",
            sa.Text,
            comment="Why calls that the last tick was to send were not sent; null: they were, or none was due.",
        ),
    ),
    "rescued_job": (
        sa.Column("queue", OID, comment="The table it was in: another one counts anew."),
    ),
}

_RENAMED_COLUMNS = {
    "last_tick": {"rescued": "stuck_searched_at", "pruned_to": "runs_pruned_to"},
}


def upgrade() -> None:
    op.execute(_DROP_FUNCTIONS)
    op.execute(_RENAME_FUNCTIONS)
    for name, (columns, comment) in _TYPES.items():
        op.execute(f"create type bunkd.{name} as ({columns})")
        op.execute(f"comment on type bunkd.{name} is '{comment}'")
    # a worker's slot was told by a request that no request of pg_net could have
    op.execute("update bunkd.slot set request = null where request < 0")
    for table, added in _COLUMNS.items():
        for column in added:
            op.add_column(table, column._copy(), schema=_SCHEMA)
    for table, names in _RENAMED_COLUMNS.items():
        for former, name in names.items():
            op.alter_column(table, former, new_column_name=name, schema=_SCHEMA)
    op.create_check_constraint(
        "schedule_on_restore", "schedule", "on_restore in ('hold', 'probe', 'go')", schema=_SCHEMA
    )
    op.create_table(
        "gate",
        sa.Column("never", sa.Boolean),
        schema=_SCHEMA,
        comment="Always empty: its table lock orders dispatches, see bunkd.lock_slots. No other role can take it.",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "stated",
        sa.Column("name", sa.Text, primary_key=True),
        schema=_SCHEMA,
        comment="The functions that the last upgrade stated; what no file names any more is dropped by the next.",
    )


def downgrade() -> None:
    op.drop_table("stated", schema=_SCHEMA)
    op.execute("update bunkd.slot set request = -call where worker is not null")
    op.drop_table("gate", schema=_SCHEMA)
    op.execute(_DROP_SEQUENCES)
    for table, names in _RENAMED_COLUMNS.items():
        for former, name in names.items():
            op.alter_column(table, name, new_column_name=former, schema=_SCHEMA)
    op.drop_constraint("schedule_on_restore", "schedule", schema=_SCHEMA)
    for table, columns in reversed(_COLUMNS.items()):
        for column in reversed(columns):
            op.drop_column(table, column.name, schema=_SCHEMA)
    for name in reversed(_TYPES):
        op.execute(f"drop type bunkd.{name}")
