"""Make the files of one external scheduler from the templates in its folder.

Every `PATH.jinja` becomes PATH, but for one that comes out empty; `steps.txt.jinja` is what to do
with them. The limits, the steps and the warning stand in `preamble`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bunkd_db.calling.request import Request
from bunkd_db.errors import NotPossible
from bunkd_db.external import about, curl, quote
from bunkd_db.external.option import Option, ranked
from bunkd_db.external.pace import Pace
from bunkd_db.external.queue import Queue
from bunkd_db.external.registry import TARGETS, options
from bunkd_db.interval import is_cron

if TYPE_CHECKING:
    from jinja2 import Environment

_SHARED = Path(__file__).parent / "shared"
_STEPS = "steps.txt"
_SUFFIX = ".jinja"


@dataclass(frozen=True)
class Generated:
    """A target's files.

    Attributes:
        files: text by path, below whatever folder is chosen.
        steps: what to do with them, one command a line, words as comments.
        notes: what has to be said aloud.
    """

    files: Mapping[str, str]
    steps: str
    notes: tuple[str, ...]


def generate(option: Option, request: Request, every: str, queue: Queue) -> Generated:
    """Make them for a canonical interval.

    Raises:
        NotPossible: the target cannot keep the interval, or cannot carry this request.
    """
    if option.meets(every) is False:
        raise NotPossible(_too_slow(option, every), _remedy(option, every))
    pace = Pace.of(every)
    timeout = min(request.timeout_seconds, option.timeout_seconds or request.timeout_seconds)
    environment = _environment(option)
    names: dict[str, object] = {
        "option": option,
        "request": request,
        "queue": queue,
        "pace": pace,
        "timeout": timeout,
        "curl": partial(curl.command, request, timeout=timeout),
    }
    texts = {}
    steps = _pasteable(environment.get_template(_STEPS + _SUFFIX).render(names))
    names["preamble"] = about.preamble(option, request, pace, timeout, steps)
    for path in paths(option):
        text = environment.get_template(path + _SUFFIX).render(names)
        if text.strip():
            texts[path] = text
    return Generated(texts, steps.strip("\n"), tuple(_notes(option, request, timeout, every)))


def _pasteable(steps: str) -> str:
    """Put steps that ask for something into a group: pasted whole, the question would eat the next line."""
    return f"{{\n{steps.strip()}\n}}" if "read -r" in steps else steps


def paths(option: Option) -> list[str]:
    """Return the paths of a target's files."""
    folder = TARGETS / option.name
    found = (path.relative_to(folder).as_posix() for path in folder.rglob(f"*{_SUFFIX}"))
    return sorted(path.removesuffix(_SUFFIX) for path in found if path != _STEPS + _SUFFIX)


def _environment(option: Option) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 40 ms to import

    environment = Environment(
        loader=FileSystemLoader([TARGETS / option.name, _SHARED]),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for function in (
        quote.shell,
        quote.systemd,
        quote.json,
        quote.compose,
        quote.actions,
        quote.comment,
    ):
        environment.filters[function.__name__] = function
    environment.globals["refuse"] = _refuse
    return environment


def _refuse(why: str, remedy: str = "") -> NoReturn:
    """For templates: this target cannot carry this request."""
    raise NotPossible(why, remedy)


def _too_slow(option: Option, every: str) -> str:
    if is_cron(every) and not option.cron:
        return f"{option.name} does not support cron expressions"
    if option.interval_seconds is None:
        return (
            f"{option.name} cannot call more often than every minute (you asked for every {every})"
        )
    return (
        f"{option.name} cannot call more often than every {about.interval(option)}"
        f" (you asked for every {every})"
    )


def _remedy(option: Option, every: str) -> str:
    able = next(
        other for other in ranked(options().values(), every) if other.meets(every) and paths(other)
    )
    slower = option.interval_seconds
    also = f", or --every {_every(slower)}" if slower and not is_cron(every) else ""
    return f"Use bunkd-db external generate {able.name}{also}."


def _every(seconds: int) -> str:
    return f"{seconds}s" if seconds < 60 else f"{seconds // 60}m"


def _notes(option: Option, request: Request, timeout: int, every: str) -> list[str]:
    notes = [option.warning] if option.warning else []
    if option.meets(every) is None:
        notes.append(f"Whether {option.name} keeps {every} on your plan is not confirmed.")
    if timeout < request.timeout_seconds:
        notes.append(
            f"{option.name} waits {timeout} s for an answer, not {request.timeout_seconds} s."
        )
    return notes
