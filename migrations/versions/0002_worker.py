"""Workers: who makes the calls where the database cannot.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

_SCHEMA = "bunkd"
_NOW = sa.text("clock_timestamp()")

# What returned or took something else before; the upgrade states them anew.
_CHANGED = (
    "dispatch(text, text, integer)",
    "demand(bunkd.schedule, text)",
    "observe(text)",
)


def upgrade() -> None:
    for function in _CHANGED:
        op.execute(f"drop function if exists bunkd.{function}")
    op.create_table(
        "worker",
        sa.Column("id", sa.Text, primary_key=True, comment="Made by the worker at its start."),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column(
            "seen",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=_NOW,
            comment="Its last exchange, to 5 seconds.",
        ),
        sa.Column(
            "listens",
            sa.Boolean,
            nullable=False,
            comment="Whether a notification reaches it: not through a transaction pooler.",
        ),
        sa.Column(
            "able",
            sa.Boolean,
            nullable=False,
            comment="Whether it knows where to call.",
        ),
        schema=_SCHEMA,
        comment="The workers that make calls, or did so within a day. UNLOGGED: each says again that it is there.",
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 50},
    )
    op.add_column(
        "slot",
        sa.Column("worker", sa.Text, comment="The worker that makes its call; null: pg_net."),
        schema=_SCHEMA,
    )
    op.add_column(
        "call",
        sa.Column("worker", sa.Text, comment="The worker that made it; null: pg_net."),
        schema=_SCHEMA,
    )


def downgrade() -> None:
    # in the order in which a worker's exchange locks them
    op.drop_table("worker", schema=_SCHEMA)
    op.drop_column("call", "worker", schema=_SCHEMA)
    op.drop_column("slot", "worker", schema=_SCHEMA)
