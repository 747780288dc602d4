"""What was measured, next to the plain recipe and the target."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["seconds", "percent", "calls"]
ORDER = (
    "pickup",
    "drain",
    "http",
    "both",
    "worker",
    "calls",
    "tick",
    "status",
    "explain",
    "insert",
    "wake",
    "start",
)
How = Literal["measured", "extrapolated", ""]


@dataclass(frozen=True)
class Row:
    """One line of the table; times in seconds, a target is an upper bound unless `at_least`."""

    name: str
    what: str
    ours: float
    unit: Unit = "seconds"
    plain: float | None = None
    plain_how: How = ""
    target: float | None = None
    at_least: bool = False
    samples: Sequence[float] = ()

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.ours >= self.target if self.at_least else self.ours <= self.target

    @property
    def ratio(self) -> float | None:
        """How many times the plain recipe's value ours is better."""
        if self.plain is None or not self.ours or self.unit == "percent":
            return None
        return self.plain / self.ours


@dataclass
class Compared:
    """One line of the table of systems: a value for each that was measured."""

    what: str
    unit: Unit
    values: dict[str, float] = field(default_factory=dict)


@dataclass
class Results:
    """All lines, what has to be said about them, query plans by name, and which parts failed."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plans: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)

    @property
    def ordered(self) -> list[Row]:
        """The lines as one reads them; they are measured in another order."""
        return sorted(self.rows, key=_place)

    def add(self, *rows: Row) -> None:
        """Take lines; ValueError for one that has no place in the order, which would end the report."""
        for row in rows:
            _place(row)
        self.rows.extend(rows)

    def compare(self, system: str, what: str, value: float, unit: Unit = "seconds") -> None:
        """Put one system's value beside the others'."""
        line = next((line for line in self.compared if line.what == what), None)
        if line is None:
            line = Compared(what, unit)
            self.compared.append(line)
        line.values[system] = value

    @property
    def systems(self) -> list[str]:
        """Those that were measured, in that order."""
        return list(dict.fromkeys(name for line in self.compared for name in line.values))


def _place(row: Row) -> int:
    return ORDER.index(row.name.partition("_")[0])
