"""A role that is evidence of a provider."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row


@dataclass(frozen=True)
class Role(Row, query="roles", what="which roles there are"):
    """One such role; `member`: the installing role has its privileges."""

    name: str
    member: bool
