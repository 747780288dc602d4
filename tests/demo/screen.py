"""What the demo writes: lines, and a bar that redraws itself on a terminal."""

import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

WIDTH = 40
WORDS = 68
CLEAR = "\r\x1b[2K"


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Bar:
    """How far the queue is; a line for every change where nobody can redraw."""

    words: tuple[str, ...]
    live: bool = field(default_factory=sys.stdout.isatty)
    began: float = field(default_factory=time.monotonic)
    shown: tuple[int, ...] = ()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def show(self, counts: Mapping[str, int]) -> None:
        """Draw the counts of each status word."""
        numbers = tuple(counts.get(word, 0) for word in self.words)
        if not self.live and numbers == self.shown:
            return
        self.shown = numbers
        line = f"{self.seconds:6.1f} s  [{self._bar(numbers)}]  " + "  ".join(
            f"{word} {number}" for word, number in zip(self.words, numbers, strict=True)
        )
        sys.stdout.write(CLEAR + line if self.live else f"{line}\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Leave the last drawing where it is."""
        if self.live:
            sys.stdout.write("\n")

    def _bar(self, numbers: tuple[int, ...]) -> str:
        """Waiting dots on the right, finished ones on the left, as many as their share."""
        _, active, *ended = numbers
        total = sum(numbers) or 1
        # a line that a narrow terminal wraps could not be drawn over
        width = max(4, min(WIDTH, shutil.get_terminal_size((WIDTH + WORDS, 24)).columns - WORDS))
        done, working = (width * n // total for n in (sum(ended), active))
        return "#" * done + ">" * working + "." * (width - done - working)
