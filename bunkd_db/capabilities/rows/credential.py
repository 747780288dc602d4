"""The credential, never its value."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.server import OURS


@dataclass(frozen=True)
class Credential(
    Row,
    query="credential",
    what="the credential",
    needs=(OURS,),
):
    """Where the credential is and what kind it is.

    Attributes:
        store: `vault`, or `table` for bunkd.secret.
        header: the HTTP header that it is sent in; `sent_in` has `Bearer` too where that is sent.
    """

    schedule: str
    kind: str
    store: str
    header: str
    sent_in: str
    set_at: str

    @property
    def is_bearer(self) -> bool:
        """Whether it is sent in Authorization."""
        return self.header.lower() == "authorization"
