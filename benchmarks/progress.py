"""What is being measured now, on stderr."""

import sys
import time

_began = time.monotonic()
CLEAR = "\r\x1b[2K"


def say(text: str) -> None:
    """One line with the time since the start."""
    _write(f"{'' if not sys.stderr.isatty() else CLEAR}{_clock()}  {text}\n")


def at(done: int, total: int, what: str) -> None:
    """How far a loop is; on a terminal only, where the line can be drawn again."""
    if sys.stderr.isatty():
        _write(f"{CLEAR}{_clock()}  {what} {done} of {total}")
        if done == total:
            _write(CLEAR)


def _clock() -> str:
    minutes, seconds = divmod(int(time.monotonic() - _began), 60)
    return f"{minutes:2d}:{seconds:02d}"


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
