"""The words that go with a number."""

from __future__ import annotations


def verb_s(count: int | None) -> str:
    """Return the ending of a verb: `1 job waits`, `2 jobs wait`."""
    return "s" if count == 1 else ""


def have(count: int | None) -> str:
    """Return `has` or `have`."""
    return "has" if count == 1 else "have"


def them(count: int | None) -> str:
    """Return `it` or `them`."""
    return "it" if count == 1 else "them"


def all_slots(total: int) -> str:
    """Return who holds every slot of so many."""
    if total == 1:
        return "a slow job holds the only slot"
    return f"slow jobs hold {'both' if total == 2 else f'all {total}'} slots"
