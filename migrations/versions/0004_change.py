"""Who changed what, pauses that end by themselves, more than one secret a schedule, and alerts.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

_SCHEMA = "bunkd"
_NOW = sa.text("clock_timestamp()")

_COLUMNS = {
    "schedule": (
        sa.Column(
            "paused_until",
            sa.DateTime(timezone=True),
            comment="When a pause ends by itself; null: it lasts until it is ended.",
        ),
        sa.Column("paused_because", sa.Text, comment="Why it is paused, in the operator's words."),
    ),
    "credential": (
        sa.Column(
            "place",
            sa.Text,
            nullable=False,
            server_default="current",
            comment="What it is for: current: sent with every call; next: the one that a rotation tries;"
            " alert, heartbeat: a URL that messages go to.",
        ),
    ),
    "secret": (
        sa.Column(
            "place",
            sa.Text,
            nullable=False,
            server_default="current",
            comment="As in bunkd.credential.",
        ),
    ),
    "last_tick": (
        sa.Column(
            "watched_at",
            sa.DateTime(timezone=True),
            comment="When bunkd.watch_schedule last looked at what an alert is about.",
        ),
        sa.Column(
            "watch_problem",
            sa.Text,
            comment="The SQLSTATE of why it could not; null: it could.",
        ),
    ),
}
_PLACES = "place in ('current', 'next', 'alert', 'heartbeat')"

_DROP_OTHER_PLACES = """
do $$
begin
  if exists (select from pg_catalog.pg_extension e where e.extname = 'supabase_vault')
     and exists (select from bunkd.credential c where c.store = 'vault' and c.place <> 'current') then
    delete from vault.secrets v using bunkd.credential c
     where c.store = 'vault' and c.place <> 'current' and v.name = 'bunkd:' || c.schedule || ':' || c.place;
  end if;
  delete from bunkd.credential c where c.place <> 'current';
  delete from bunkd.secret s where s.place <> 'current';
end
$$"""


def upgrade() -> None:
    for table, added in _COLUMNS.items():
        for column in added:
            op.add_column(table, column._copy(), schema=_SCHEMA)
    op.create_check_constraint(
        "schedule_paused_until",
        "schedule",
        "paused_until > '-infinity' and paused_until < '9999-01-01 00:00+00'",
        schema=_SCHEMA,
    )
    for table in ("credential", "secret"):
        op.drop_constraint(f"{table}_pkey", table, schema=_SCHEMA)
        op.create_primary_key(f"{table}_pkey", table, ["schedule", "place"], schema=_SCHEMA)
    op.create_check_constraint("credential_place", "credential", _PLACES, schema=_SCHEMA)
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("schedule", sa.Text, comment="Null: of the installation as a whole."),
        sa.Column("what", sa.Text, nullable=False, comment="See bunkd.record_change."),
        sa.Column(
            "origin",
            sa.Text,
            nullable=False,
            comment="command, deploy, sql: a person's own statement, or bunkd: by itself.",
        ),
        sa.Column("role", sa.Text, nullable=False, comment="The role that was logged in."),
        sa.Column("actor", sa.Text, comment="The person's name, where one is known."),
        sa.Column("before", JSONB, comment="What was changed, by column; never a secret."),
        sa.Column("after", JSONB),
        sa.Column("why", sa.Text, comment="In the words of whoever changed it."),
        schema=_SCHEMA,
        comment="Every change by command, deploy, SQL or bunkd itself. The newest 1,000 a schedule are kept.",
    )
    op.create_table(
        "rotation",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column(
            "at_work",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the command that rotates was last at work.",
        ),
        sa.Column(
            "switched",
            sa.DateTime(timezone=True),
            comment="Since when calls have the new credential, and the place next has the former one.",
        ),
        sa.Column(
            "first_call",
            sa.BigInteger,
            comment="Calls with a higher number have the new credential.",
        ),
        schema=_SCHEMA,
        comment="A rotation of a credential that has begun and is not over.",
    )
    op.create_index("change_schedule", "change", ["schedule", "id"], schema=_SCHEMA)
    _create_alerts()


def _create_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True, comment="See bunkd.find_conditions."),
        sa.Column("detail", sa.Text, nullable=False, comment="What was found, when last seen."),
        sa.Column("remedy", sa.Text, comment="What to do about it."),
        sa.Column("commands", ARRAY(sa.Text), comment="The commands for it."),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=False, comment="When it was first seen."
        ),
        sa.Column(
            "seen", sa.DateTime(timezone=True), nullable=False, comment="When it was last seen."
        ),
        sa.Column(
            "started",
            sa.DateTime(timezone=True),
            comment="When it had lasted for so long that it is an alert; null: it has not yet.",
        ),
        sa.Column(
            "cleared", sa.DateTime(timezone=True), comment="When it was over; null: it is not."
        ),
        schema=_SCHEMA,
        comment="What is not well, or was last, a row for each schedule and code; see bunkd.judge_alerts.",
    )
    op.create_table(
        "message",
        sa.Column("schedule", sa.Text, primary_key=True),
        sa.Column(
            "code",
            sa.Text,
            primary_key=True,
            comment="The alert's; HEARTBEAT, TEST and TEST_HEARTBEAT are of none.",
        ),
        sa.Column(
            "place", sa.Text, nullable=False, comment="Whose URL it goes to, see bunkd.secret."
        ),
        sa.Column("state", sa.Text, nullable=False, comment="started, over, beat or test."),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "due",
            sa.DateTime(timezone=True),
            comment="When to send it; null: it has arrived, or was given up.",
        ),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column(
            "sent",
            sa.DateTime(timezone=True),
            comment="Since when it is under way; null: it is not.",
        ),
        sa.Column("request", sa.BigInteger, comment="pg_net's id; null: a worker sends it."),
        sa.Column("worker", sa.Text, comment="The worker that sends it; null: pg_net does."),
        sa.Column(
            "told",
            sa.DateTime(timezone=True),
            comment="When one of this code last arrived; null: none has.",
        ),
        sa.Column("problem", sa.Text, comment="How the last try failed; null: it did not."),
        schema=_SCHEMA,
        comment="The last message about each alert, and the last heartbeat; never a URL.",
    )


def downgrade() -> None:
    # first: what they call is gone already
    op.execute("drop trigger if exists record_change on bunkd.schedule")
    op.execute("drop trigger if exists record_change on bunkd.credential")
    # without its end it would last for ever
    op.execute(
        "update bunkd.schedule set paused = false where paused and paused_until <= clock_timestamp()"
    )
    op.drop_constraint("schedule_paused_until", "schedule", schema=_SCHEMA)
    op.drop_table("message", schema=_SCHEMA)
    op.drop_table("alert", schema=_SCHEMA)
    op.drop_table("rotation", schema=_SCHEMA)
    op.drop_table("change", schema=_SCHEMA)
    op.execute(_DROP_OTHER_PLACES)
    op.drop_constraint("credential_place", "credential", schema=_SCHEMA)
    for table in ("secret", "credential"):
        op.drop_constraint(f"{table}_pkey", table, schema=_SCHEMA)
        op.create_primary_key(f"{table}_pkey", table, ["schedule"], schema=_SCHEMA)
    for table, columns in reversed(_COLUMNS.items()):
        for column in reversed(columns):
            op.drop_column(table, column.name, schema=_SCHEMA)
