"""A time on the command line, as people write one: 5, 5s or 2m."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click


@dataclass
class Seconds(click.ParamType[float]):
    """Seconds as a float, from a number with or without its unit: s or m."""

    shortest: float
    longest: float
    name = "time"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        """Return the seconds.

        Raises:
            click.BadParameter: it is no time, or out of the range.
        """
        found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([sm]?)", str(value), re.ASCII)
        seconds = float(found[1]) * (60 if found[2] == "m" else 1) if found else -1
        if not self.shortest <= seconds <= self.longest:
            self.fail(
                f"{value!r} is not a time from {self.shortest:g}s to {self.longest:g}s, like 5s.",
                parameter,
                context,
            )
        return seconds
