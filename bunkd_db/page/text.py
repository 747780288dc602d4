"""Others' texts, fit for a page: no keys, nothing that steers, never more than there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.printable import printable

T = TypeVar("T")
_READ = 4000  # characters of a text that are looked at
_LOOKS = Mask(())  # what is a key by its looks


@dataclass(frozen=True)
class Room:
    """How much of everything a page has room for; with a smaller `share` there is less of it."""

    share: float = 1.0

    def text(self, text: object, most: int = 400) -> str:
        """Return a text in one line, without keys, in at most so many bytes of HTML."""
        line = _LOOKS.line(str(text)[:_READ], _READ)
        return _cut(line, max(int(most * self.share), 40))

    def command(self, command: str, most: int = 1500) -> str:
        """Return a command; empty where it is too long: half a command is worse than none."""
        shown = printable(command) if len(command) <= most else ""
        return shown if _size(shown) <= most * self.share else ""

    def some(self, items: Sequence[T], most: int) -> Sequence[T]:
        """Return the first ones."""
        return items[: self.count(most)]

    def rest(self, items: Sequence[T], most: int) -> int:
        """Return how many there are besides."""
        return max(len(items) - self.count(most), 0)

    def count(self, most: int) -> int:
        return max(int(most * self.share), 1)


def _cut(text: str, most: int) -> str:
    left = most
    for place, char in enumerate(text):
        left -= _size(char)
        if left < 0:
            return f"{text[:place]}…"
    return text


def _size(text: str) -> int:
    return len(escape(text).encode(errors="replace"))
