"""Others' texts, fit for a page: no keys, nothing that steers, never more than there is room for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.printable import printable_command

T = TypeVar("T")
_BEYOND = 300  # characters after those that can be shown: a key that is cut is a key
_LOOKS = Mask(())  # what is a key by its looks


@dataclass(frozen=True)
class Room:
    """How much of everything a page has room for; with a smaller `share` there is less of it."""

    share: float = 1.0

    def text(self, text: object, most: int = 400) -> str:
        """Return a text in one line, without keys, in at most so many bytes of HTML."""
        most = max(int(most * self.share), 40)
        read = most + _BEYOND
        return _cut(_LOOKS.line(str(text)[:read], read), most)

    def command(self, command: str, most: int = 1500) -> str:
        """Return a command; empty where it is too long: half a command is worse than none."""
        shown = printable_command(command) if len(command) <= most else ""
        return shown if _size(shown) <= max(most * self.share, 200) else ""

    def some(self, items: Sequence[T], most: int) -> Sequence[T]:
        """Return the first ones."""
        return items[: self.count(most)]

    def rest(self, items: Sequence[T], most: int) -> int:
        """Return how many there are besides."""
        return max(len(items) - self.count(most), 0)

    def count(self, most: int) -> int:
        return max(int(most * self.share), 1)


def _cut(text: str, most: int) -> str:
    if _size(text) <= most:
        return text
    fits = bisect_right(range(len(text)), most, key=lambda length: _size(text[:length])) - 1
    return f"{text[:fits]}…"


def _size(text: str) -> int:
    return len(escape(text).encode(errors="replace"))
