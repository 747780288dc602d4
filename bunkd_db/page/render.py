"""From what was found to the page's text."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bunkd_db.page import charts, figures
from bunkd_db.page.facts import Found, Unknown
from bunkd_db.page.text import Room
from bunkd_db.status import changes, words
from bunkd_db.status.causes import causes
from bunkd_db.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_BYTES = 300_000
_TEMPLATES = Path(__file__).parent / "templates"
_STYLES = ("ground.css", "parts.css", "narrow.css")  # a later one wins
# what a hostile database fills is cut further, until there is room for it
_SHARES = (1.0, 0.5, 0.25, 0.1, 0.02)


def render(found: Found) -> str:
    """Return the page: never more than `MOST_BYTES`."""
    for share in _SHARES:
        text = _render(found, Room(share))
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def policy() -> str:
    """Return the Content-Security-Policy: nothing but our own style, which its hash names."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _render(found: Found, room: Room) -> str:
    report = None if isinstance(found.report, Unknown) else found.report
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            found=found,
            schedules=report.schedules if report else (),
            health=found.health or "unknown",
            room=room,
            t=room.text,
            style=_style(),
            policy=policy(),
            version=__version__,
        )
    )


@cache
def _style() -> str:
    return "\n".join((_TEMPLATES / name).read_text(encoding="utf-8").strip() for name in _STYLES)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 40 ms to import

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "causes": causes,
        "changes": changes,
        "charts": charts,
        "figures": figures,
        "words": words,
    }
    environment.tests["unknown"] = lambda value: isinstance(value, Unknown)
    return environment
