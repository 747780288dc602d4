"""The screen of `upgrade --dry-run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bunkd_db.cli import output
from bunkd_db.printable import printable
from bunkd_db.status.words import duration

if TYPE_CHECKING:
    from bunkd_db.migration import Object, Rehearsed

_INDENT = " " * output.LABEL
_FEW = 8
_PLURALS = {"index": "indexes", "privileges": "tables' privileges"}


def lines(rehearsed: Rehearsed, *, verbose: bool = False) -> Iterator[str]:
    """Return the screen, a line each."""
    if not rehearsed.changes:
        yield output.sentence(
            f"Nothing would change: revision {rehearsed.after} is installed already."
        )
        yield from _locks(rehearsed)
        yield from _end(rehearsed)
        return
    if rehearsed.before != rehearsed.after:
        before = rehearsed.before or "none"
        yield output.labelled("revision", f"from {before} to {rehearsed.after or 'none'}")
    for label, text in _labels("behaviour", rehearsed.behaviour or ("nothing would be different",)):
        yield output.labelled(label, text)
    for label, objects in (
        ("added", rehearsed.added),
        ("replaced", rehearsed.replaced),
        ("dropped", rehearsed.dropped),
    ):
        for head, text in _labels(label, _counted(objects, verbose)):
            yield output.labelled(head, text)
    yield from _locks(rehearsed)
    yield from _end(rehearsed)


def _locks(rehearsed: Rehearsed) -> Iterator[str]:
    found = tuple(f"{lock.table}: {lock.mode}, {lock.effect}" for lock in rehearsed.locks)
    for label, text in _labels("locks", found or ("none on a table that is not bunkd-db's",)):
        yield output.labelled(label, text)


def _end(rehearsed: Rehearsed) -> Iterator[str]:
    for label, text in _labels("ends with", rehearsed.lines):
        yield f"{label:<{output.LABEL}}{output.sentence(printable(text), _INDENT)[output.LABEL :]}"
    yield output.sentence(f"Rolled back after {duration(rehearsed.seconds)}: nothing was changed.")
    for kept in rehearsed.kept:
        yield output.sentence(f"Not rolled back: {kept}")


def _counted(objects: Sequence[Object], verbose: bool) -> list[str]:
    """Return a line a kind, with the names where they are few."""
    found = []
    for kind, count in Counter(each.kind for each in objects).items():
        names = [printable(each.name) for each in objects if each.kind == kind]
        noun = kind if count == 1 else _PLURALS.get(kind, f"{kind}s")
        if verbose or count <= _FEW:
            found.append(f"{count} {noun}: {', '.join(names)}")
        else:
            found.append(f"{count} {noun} (-v lists them)")
    return found


def _labels(label: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(texts):
        yield ("" if number else label), text
