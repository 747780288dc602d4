"""What keeps calls from being made."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.server import OURS


@dataclass(frozen=True)
class Obstacle(
    Row,
    query="obstacles",
    what="whether calls are made",
    needs=(OURS,),
):
    """Why no calls are made now, or could not be made at once, as `bunkd.find_obstacles` says it.

    Attributes:
        remedy: what to do, a sentence; ends with a colon where `commands` do it.
        commands: lines of shell or SQL, to be pasted as they are.
    """

    code: str
    detail: str
    remedy: str
    commands: list[str]
