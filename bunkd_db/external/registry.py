"""All external schedulers: a folder below `targets` each, its `target.toml` says what is known."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from bunkd_db.errors import ConfigurationError
from bunkd_db.external.option import Option

TARGETS = Path(__file__).parent / "targets"


@cache
def options() -> Mapping[str, Option]:
    """Return all of them by name."""
    return {path.parent.name: load(path) for path in sorted(TARGETS.glob("*/target.toml"))}


def load(path: Path) -> Option:
    """Read what is known of one."""
    return Option(name=path.parent.name, **tomllib.loads(path.read_text(encoding="utf-8")))


def find(name: str) -> Option:
    """Return the one of that name.

    Raises:
        ConfigurationError: there is none; the message has the names that are near.
    """
    known = options()
    if name in known:
        return known[name]
    word = name.strip().lower()
    near = [other for other in known if word and (word in other or other in word)]
    near += get_close_matches(word, set(known) - set(near), 3)
    near += [other for other in known if other not in near and _has_part_like(word, other)]
    raise ConfigurationError(
        f"there is no external scheduler {name!r}",
        *(
            [f"Did you mean {' or '.join(near)}?"]
            if near
            else ["All names:", "bunkd-db external list"]
        ),
    )


def _has_part_like(word: str, name: str) -> bool:
    """Whether a word is close to one part of a name.

    >>> _has_part_like("githb", "github-actions"), _has_part_like("githb", "gitlab-ci")
    (True, False)
    """
    return bool(get_close_matches(word, name.split("-"), 1, 0.75))
