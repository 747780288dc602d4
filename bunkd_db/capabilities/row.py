"""A question of sql/queries and the type of its rows: fields are columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from bunkd_db import database, sql

if TYPE_CHECKING:
    from bunkd_db.capabilities.facts import Facts

SECONDS = 2.0  # pooled and far away included, no question may take longer
SECONDS_FOR_DATA = 0.4  # what is in tables of any size must not hold up the rest
R = TypeVar("R", bound="Row")


@dataclass(frozen=True)
class Need:
    """What must hold before a question can be asked: `met` looks at the rows of `kind`."""

    kind: type[Row]
    met: Callable[[Sequence[Row]], bool]


def need(kind: type[R], holds: Callable[[R], bool] = lambda _: True) -> Need:
    """Return the need of a row of this kind for which `holds` is true; without it, of any."""

    def met(rows: Sequence[Row]) -> bool:
        return any(holds(row) for row in rows if isinstance(row, kind))

    return Need(kind, met)


class Row:
    """One row of an answer; a subclass is a frozen dataclass that names its question.

    Attributes:
        query: the file in sql/queries; empty where `ask` finds the question elsewhere.
        what: what it finds out, for "… could not be read".
        needs: what must hold, else it is not asked.
        limit: how many seconds the answer may take.
        required: without it nothing can be said.
        on_demand: no check looks at it; it is asked only where it is named.
    """

    query: ClassVar[str]
    what: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]]
    limit: ClassVar[float]
    required: ClassVar[bool]

    def __init_subclass__(
        cls,
        *,
        query: str = "",
        what: str = "",
        needs: tuple[Need, ...] = (),
        limit: float = SECONDS,
        required: bool = False,
        on_demand: bool = False,
    ) -> None:
        cls.query, cls.what, cls.needs = query, what, needs
        cls.limit, cls.required = limit, required
        if what and not on_demand:
            _KINDS.append(cls)

    @classmethod
    def ask(cls, reader: database.Reader, facts: Facts) -> list[Self]:
        """Ask the question; `facts` is what is known so far.

        Raises:
            database.Unanswered: the database declined it.
        """
        return reader.ask(cls, sql.read(f"queries/{cls.query}"), facts.parameters)


_KINDS: list[type[Row]] = []


def kinds() -> list[type[Row]]:
    """Return every kind of row that the checks look at, those that take longest last."""
    return sorted(_KINDS, key=lambda kind: kind.limit < SECONDS)
