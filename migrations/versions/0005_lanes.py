"""Which transport sends the calls, with how many lanes, and for which url and credential each call was sent.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

_SCHEMA = "bunkd"

_COLUMNS = (
    sa.Column(
        "transport",
        sa.Text,
        nullable=False,
        server_default="auto",
        comment="How this database is to send: auto (pg_net, else http), pg_net, http or both.",
    ),
    sa.Column(
        "transport_used",
        sa.Text,
        comment="How it sends: pg_net, http by lanes, or both; null: the calls come from outside.",
    ),
    sa.Column(
        "lanes",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="How many lanes are registered with pg_cron; 0: pg_net or nobody sends.",
    ),
)

# A change is in force from its commit, and nobody knows that time in advance: a call says itself which it had.
_ENDPOINT_SINCE = sa.Column(
    "endpoint_since",
    sa.DateTime(timezone=True),
    comment="Its schedule's endpoint_since when it was sent; null: sent before revision 0005.",
)


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("schedule", column._copy(), schema=_SCHEMA)
    op.add_column("call", _ENDPOINT_SINCE._copy(), schema=_SCHEMA)
    op.create_check_constraint(
        "schedule_transport",
        "schedule",
        "transport in ('auto', 'pg_net', 'http', 'both') and transport_used in ('pg_net', 'http', 'both')",
        schema=_SCHEMA,
    )
    op.execute("update bunkd.schedule set transport_used = 'pg_net' where mode = 'native'")


def downgrade() -> None:
    # first: what it calls is gone already
    op.execute("drop trigger if exists record_change on bunkd.schedule")
    # else a later upgrade would take what it is given for what is set already
    op.execute("update bunkd.schedule set deployed = deployed - 'transport'")
    op.drop_constraint("schedule_transport", "schedule", schema=_SCHEMA)
    op.drop_column("call", "endpoint_since", schema=_SCHEMA)
    for column in reversed(_COLUMNS):
        op.drop_column("schedule", column.name, schema=_SCHEMA)
