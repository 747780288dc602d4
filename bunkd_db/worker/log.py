"""The worker's log: for people on a terminal, one JSON object a line on a pipe."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from bunkd_db.calling.answer import Answer
from bunkd_db.printable import printable

log = logging.getLogger("bunkd_db.worker")

_COLOURS = {"WARNING": "\033[33m", "ERROR": "\033[31m"}


def set_up(*, verbose: bool, colour: bool) -> None:
    """Write to standard error; `verbose` adds the cause of an error."""
    handler = logging.StreamHandler(sys.stderr)
    terminal = sys.stderr.isatty()
    handler.setFormatter(_Screen(colour, verbose) if terminal else _Lines(verbose))
    for logger in (log, logging.getLogger("psycopg"), logging.getLogger("asyncio")):
        logger.handlers = [handler]
        logger.propagate = False
    log.setLevel(logging.INFO)


def say(event: str, **facts: object) -> None:
    """Log an event with its facts; what is None or empty is left out."""
    _write(logging.INFO, event, facts)


def warn(event: str, cause: Exception | None = None, **facts: object) -> None:
    """Log that something is wrong; the cause is shown with `-v`."""
    _write(logging.WARNING, event, facts, cause)


def fail(event: str, **facts: object) -> None:
    """Log why the worker ends."""
    _write(logging.ERROR, event, facts)


def say_call(answer: Answer, **facts: object) -> None:
    """Log how a call ended."""
    ended = {
        "outcome": answer.outcome,
        "status": answer.status,
        "seconds": round(answer.seconds, 3),
        "job": answer.job_id,
        "said": answer.said,
    }
    if answer.failed:
        _write(logging.WARNING, "call failed", facts | ended)
    else:
        _write(logging.INFO, "call", facts | ended)


def _write(
    level: int, event: str, facts: Mapping[str, object], cause: Exception | None = None
) -> None:
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    log.log(level, event, extra={"facts": told}, exc_info=cause)


class _Lines(logging.Formatter):
    """Stable keys: time, level, event, and the event's facts."""

    def __init__(self, verbose: bool) -> None:
        super().__init__()
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        shown = {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}
        line = {**shown, **_facts(record)}
        if self._verbose and record.exc_info:
            line["cause"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Screen(logging.Formatter):
    def __init__(self, colour: bool, verbose: bool) -> None:
        super().__init__()
        self._colour = colour
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        facts = "  ".join(
            f"{name}={printable(str(value))}" for name, value in _facts(record).items()
        )
        event = record.getMessage()
        if self._colour and record.levelname in _COLOURS:
            event = f"{_COLOURS[record.levelname]}{event}\033[0m"
        line = f"{time}  {event}" + (f"  {facts}" if facts else "")
        if self._verbose and record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts = getattr(record, "facts", {})
    return facts if isinstance(facts, dict) else {}
