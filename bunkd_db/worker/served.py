"""The page that a worker shows to a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bunkd_db.errors import BunkdError
from bunkd_db.page.facts import Found, Unknown
from bunkd_db.settings import Settings
from bunkd_db.worker.kept import Kept
from bunkd_db.worker.state import State

if TYPE_CHECKING:
    from bunkd_db.page.ask import Checked

_SECONDS = 5.0
_CHECKS_SECONDS = 60.0  # many questions, whose answers seldom change
_FAR = Unknown(
    "this page shows schedules and jobs only to the worker's own network",
    "Open it by the worker's address there, or ask the database:",
    ("bunkd-db status",),
)
_ALONE = Unknown("this worker has no database: it calls at an interval")


class Served:
    """The page, asked for and drawn every few seconds at most, and only when somebody looks."""

    def __init__(self, state: State, settings: Settings) -> None:
        self._state = state
        self._settings = settings
        self._checks = Kept(_CHECKS_SECONDS, self._check)
        self._whole = Kept(_SECONDS, lambda: self._draw(self._ask()))
        self._own = Kept(_SECONDS, lambda: self._draw(_FAR if settings.database_url else _ALONE))

    def page(self, *, near: bool) -> bytes:
        """Return the page; from afar it has what the worker knows of itself alone."""
        return (self._whole if near else self._own).get()

    def _draw(self, found: Found | Unknown) -> bytes:
        from bunkd_db.page.render import render

        if isinstance(found, Unknown):
            found = Found(datetime.now(UTC), found)
        return render(replace(found, worker=self._state.own)).encode()

    def _ask(self) -> Found | Unknown:
        if not self._settings.database_url:
            return _ALONE
        from bunkd_db.page.ask import ask

        try:
            return ask(
                self._settings, self._settings.schedule_name, lambda _, __: self._checks.get()
            )
        except BunkdError as error:
            return Unknown.of(error)
        except Exception as error:  # noqa: BLE001 -- a defect of ours: the worker's own state is shown
            return Unknown(f"internal error: {type(error).__name__}: {error}")

    def _check(self) -> Checked:
        from bunkd_db.page.ask import check

        return check(self._settings, self._settings.schedule_name)
