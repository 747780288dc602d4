<%!
from pathlib import Path

import bunkd_db
from alembic.util import CommandError

# only a checkout has it; an installed package is replaced as a whole by the next install
if not (Path(bunkd_db.__file__).resolve().parents[1] / "pyproject.toml").is_file():
    raise CommandError(
        "this section has the revisions of the installed bunkd-db, and its next version would"
        " remove a new one. Use the section of your own application: alembic revision -m NAME"
    )
%>\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

_SCHEMA = "bunkd"


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
