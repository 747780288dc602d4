"""What a worker with a database says of itself: in its log once, on its health page always."""

from __future__ import annotations

from bunkd_db.errors import BunkdError
from bunkd_db.worker.log import say, warn
from bunkd_db.worker.offer import Offer
from bunkd_db.worker.state import Doing, State

_EVENTS = {
    Doing.WORKING: "worker ready",
    Doing.BACKING_OFF: "worker backing off",
    Doing.PAUSED: "worker paused",
    Doing.STANDBY: "worker on standby: the database makes the calls itself",
    Doing.BLOCKED: "worker blocked",
}


class Teller:
    """Knows what was said last."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._told = ("", "")

    def heard(self, offer: Offer, *, asked_for_calls: bool, polls: bool) -> None:
        """Tell what an offer means, where it differs from the one before."""
        held = self._state.doing in (Doing.BACKING_OFF, Doing.BLOCKED)
        idle = not self._state.open_calls
        if not asked_for_calls and offer.doing is Doing.WORKING and (held or idle):
            return  # who asks for no call is not told what stands in the way of one
        self._set(offer.doing, offer.trouble)
        event = _EVENTS[offer.doing]
        if offer.doing is Doing.WORKING and polls:
            event += " (polling every second)"
        if self._told != (told := (event, offer.trouble)):
            self._told = told
            (warn if offer.trouble else say)(event, reason=offer.trouble, remedy=offer.remedy)

    def lost(self, error: BunkdError, attempt: int) -> None:
        """Tell why the database could not be asked."""
        self._set(Doing.DISCONNECTED, error.args[0])
        self._told = ("", "")
        warn(
            "cannot work with the database",
            error,
            reason=error.args[0],
            remedy=error.help,
            attempt=attempt,
        )

    def stopping(self, calls: int) -> None:
        """Tell that no more calls are taken."""
        self._state.doing = Doing.STOPPING
        say("worker stops", calls_to_finish=calls)

    def _set(self, doing: Doing, trouble: str) -> None:
        if self._state.doing is not Doing.STOPPING:
            self._state.doing = doing
        self._state.trouble = trouble
