"""The tables: schedule, slot, call, credential.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, INTERVAL, JSONB, OID

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

_SCHEMA = "bunkd"
_NOW = sa.text("clock_timestamp()")


def _words(*words: str) -> sa.TextClause:
    return sa.text("'{" + ",".join(words) + "}'")


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column(
            "name", sa.Text, primary_key=True, comment="The cron job is called bunkd:<name>."
        ),
        sa.Column("url", sa.Text, comment="Where the calls go; null until it is known."),
        sa.Column(
            "headers",
            JSONB,
            nullable=False,
            server_default="{}",
            comment="Sent with every call besides ours; never a credential.",
        ),
        sa.Column(
            "body", JSONB, nullable=False, server_default="{}", comment="Sent with every call."
        ),
        sa.Column(
            "credential_header",
            sa.Text,
            comment="The header that carries the credential; null: by the credential's kind.",
        ),
        sa.Column(
            "every",
            sa.Text,
            nullable=False,
            server_default="30s",
            comment="Time between two ticks: 30s, 5m, 2h or five cron fields.",
        ),
        sa.Column(
            "timeout_ms",
            sa.Integer,
            nullable=False,
            server_default="35000",
            comment="How long pg_net waits for an answer.",
        ),
        sa.Column(
            "max_in_flight",
            sa.Integer,
            nullable=False,
            server_default="5",
            comment="Slots: never more calls open than this.",
        ),
        sa.Column(
            "jobs_per_call",
            sa.Integer,
            nullable=False,
            server_default="1",
            comment="Jobs that one call works off.",
        ),
        sa.Column(
            "queue_table",
            sa.Text,
            nullable=False,
            server_default="public.analysis_jobs",
            comment="By name: the application may drop and recreate its table.",
        ),
        sa.Column(
            "queue_where",
            sa.Text,
            comment="SQL condition for the waiting rows that can be claimed; null: found from the table.",
        ),
        sa.Column("status_column", sa.Text, nullable=False, server_default="status"),
        sa.Column(
            "status_waiting", ARRAY(sa.Text), nullable=False, server_default=_words("queued")
        ),
        sa.Column(
            "status_active",
            ARRAY(sa.Text),
            nullable=False,
            server_default=_words("processing", "running"),
        ),
        sa.Column(
            "status_done",
            ARRAY(sa.Text),
            nullable=False,
            server_default=_words("completed", "done"),
            comment="Decides nothing: check calls a status unknown that is none of the four kinds.",
        ),
        sa.Column("status_failed", ARRAY(sa.Text), nullable=False, server_default=_words("failed")),
        sa.Column(
            "on_timeout",
            sa.Text,
            nullable=False,
            server_default="release",
            comment="release: a timed out call is over; detach: its function goes on, and so does its slot.",
        ),
        sa.Column(
            "rescue_after",
            INTERVAL,
            nullable=False,
            server_default="10 minutes",
            comment="A job that is active for longer goes back to waiting; 0: never.",
        ),
        sa.Column(
            "wake",
            sa.Boolean,
            nullable=False,
            server_default=sa.true(),
            comment="Whether a write to the queue dispatches at once.",
        ),
        sa.Column(
            "endpoint_since",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=_NOW,
            comment="Since when url and credential are these: older failures do not count.",
        ),
        sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("mode", sa.Text, comment="native or external; null until the first upgrade."),
        sa.Column(
            "mode_reason", sa.Text, comment="Why it is external, or what native still lacks."
        ),
        sa.Column("cron_schedule", sa.Text, comment="What pg_cron was told for every."),
        sa.Column(
            "system_identifier",
            sa.BigInteger,
            comment="Of the cluster that was provisioned; in any other one nothing is sent.",
        ),
        sa.Column(
            "deployed",
            JSONB,
            nullable=False,
            server_default="{}",
            comment="What the last deploy set: a deploy applies only what differs from it.",
        ),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'", name="schedule_name"),
        sa.CheckConstraint("url ~ '^https?://[^/@[:space:]]+(/.*)?$'", name="schedule_url"),
        sa.CheckConstraint(
            "every ~ '^([1-9]|[1-5][0-9])s$' or every ~ '^([1-6]|10|12|15|20|30)m$'"
            " or every ~ '^([12346]|8|12|24)h$' or every ~ '^[^ ]+( [^ ]+){4}$'",
            name="schedule_every",
        ),
        sa.CheckConstraint("timeout_ms between 100 and 600000", name="schedule_timeout"),
        sa.CheckConstraint("max_in_flight between 1 and 1000", name="schedule_max_in_flight"),
        sa.CheckConstraint("jobs_per_call between 1 and 1000", name="schedule_jobs_per_call"),
        sa.CheckConstraint("on_timeout in ('release', 'detach')", name="schedule_on_timeout"),
        sa.CheckConstraint(
            "rescue_after = '0' or rescue_after between '10 s' and '24 h'",
            name="schedule_rescue_after",
        ),
        sa.CheckConstraint("mode in ('native', 'external')", name="schedule_mode"),
        schema=_SCHEMA,
        comment="What is called, how often, for which queue. One row a schedule.",
    )
    op.create_table(
        "slot",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("call", sa.BigInteger, comment="The call that holds it; null: free."),
        sa.Column("request", sa.BigInteger, comment="That call's id in pg_net's queue."),
        sa.Column("net_queue", OID, comment="pg_net's queue: another oid is another pg_net."),
        sa.Column("taken", sa.DateTime(timezone=True)),
        sa.Column(
            "expires",
            sa.DateTime(timezone=True),
            comment="When a detached slot is freed at the latest.",
        ),
        sa.Column("detached", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column(
            "born",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=_NOW,
            comment="Since the last crash.",
        ),
        schema=_SCHEMA,
        comment="Units of concurrency. UNLOGGED on purpose: it shares the fate of pg_net's queue,"
        " so a request id in it is always of this crash epoch.",
        prefixes=["UNLOGGED"],
        postgresql_with={
            "fillfactor": 30,
            "autovacuum_vacuum_threshold": 200,
            "autovacuum_vacuum_scale_factor": 0,
        },
    )
    op.create_table(
        "wake",
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("xact", sa.BigInteger, nullable=False, comment="The writer's transaction."),
        sa.Column(
            "jobs_left",
            sa.BigInteger,
            nullable=False,
            comment="How many jobs its statement took out of the active state.",
        ),
        schema=_SCHEMA,
        comment="What a transaction asks for; its deferred trigger dispatches at commit and removes the rows.",
        prefixes=["UNLOGGED"],
        postgresql_with={"autovacuum_vacuum_threshold": 1000, "autovacuum_vacuum_scale_factor": 0},
    )
    op.create_index("wake_xact", "wake", ["xact"], schema=_SCHEMA)
    op.execute(sa.schema.CreateSequence(sa.Sequence("wake_failed", schema=_SCHEMA)))
    op.execute(
        "comment on sequence bunkd.wake_failed is"
        " 'Counts wakes that failed: without a lock, and across rollbacks.'"
    )
    op.create_table(
        "last_tick",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.Text, comment="What kept it from looking at the queue."),
        sa.Column("back_off", sa.Text, comment="Why it held calls back."),
        sa.Column("rescued", sa.DateTime(timezone=True), comment="The last search for stuck jobs."),
        sa.Column(
            "pruned_to", sa.BigInteger, comment="The last runid of cron.job_run_details looked at."
        ),
        schema=_SCHEMA,
        comment="What the last tick found. UNLOGGED: the next tick writes it anew.",
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "call",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column(
            "reason", sa.Text, nullable=False, comment="What caused it: tick, wake, refill, probe."
        ),
        sa.Column(
            "request", sa.BigInteger, comment="pg_net's id; not unique, a crash restarts them."
        ),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("settled", sa.DateTime(timezone=True)),
        sa.Column(
            "outcome",
            sa.Text,
            comment="ok, empty, job_failed, http_error, rejected, timeout, network_error, lost.",
        ),
        sa.Column("status_code", sa.Integer),
        sa.Column("job_id", sa.Text, comment="Where the answer names one."),
        sa.Column("retry_at", sa.DateTime(timezone=True), comment="From Retry-After."),
        sa.Column("detail", sa.Text, comment="The answer's message or pg_net's error, shortened."),
        schema=_SCHEMA,
        comment="The ledger: one row a call that we sent. Kept for 7 days.",
    )
    op.create_index("call_sent", "call", ["sent"], schema=_SCHEMA)
    op.create_index(
        "call_open",
        "call",
        ["schedule"],
        schema=_SCHEMA,
        postgresql_where=sa.text("settled is null"),
    )
    op.create_index(
        "call_settled",
        "call",
        ["schedule", "settled"],
        schema=_SCHEMA,
        postgresql_where=sa.text("settled is not null"),
    )
    op.create_table(
        "rescued_job",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False, server_default="1"),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        schema=_SCHEMA,
        comment="How often a job was rescued.",
    )
    op.create_table(
        "credential",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False, comment="See bunkd.credential_kind."),
        sa.Column("store", sa.Text, nullable=False, comment="vault, or table: bunkd.secret."),
        sa.Column("salt", BYTEA, nullable=False),
        sa.Column("deployed_digest", BYTEA, comment="Salted, of what the last deploy brought."),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        schema=_SCHEMA,
        comment="Where the credential of a schedule is and what kind it is; never its value.",
    )
    op.create_table(
        "secret",
        sa.Column("schedule", sa.Text, primary_key=True),
        # no constraint on value: its text would be in the error's DETAIL
        sa.Column("value", sa.Text),
        schema=_SCHEMA,
        comment="The credential where there is no Vault, in the clear. Filled through bunkd.credential_inbox only.",
    )
    op.create_table(
        "retired_job",
        sa.Column("job_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("job_name", sa.Text),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("retired", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        schema=_SCHEMA,
        comment="Cron jobs of an older recipe that we deactivated; a downgrade activates them again.",
    )
    op.create_table(
        "access",
        sa.Column("kind", sa.Text, primary_key=True, comment="reader: may read our views."),
        sa.Column("role", sa.Text, nullable=False),
        schema=_SCHEMA,
        comment="Roles besides the owner that an operator has let in.",
    )


def downgrade() -> None:
    op.execute("""
do $$
begin
  if exists (select from pg_catalog.pg_extension e where e.extname = 'supabase_vault')
     and exists (select from bunkd.credential c where c.store = 'vault') then
    delete from vault.secrets v using bunkd.credential c
     where c.store = 'vault' and v.name = 'bunkd:' || c.schedule;
  end if;
end
$$""")
    op.execute("drop sequence bunkd.wake_failed")
    for table in (
        "access",
        "retired_job",
        "secret",
        "credential",
        "rescued_job",
        "call",
        "last_tick",
        "wake",
        "slot",
        "schedule",
    ):
        op.drop_table(table, schema=_SCHEMA)
