"""The checks by name, found in the modules of capabilities/checks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bunkd_db.capabilities import checks
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding

Rule = Callable[[Context], Finding | None]
ExtensionRule = Callable[[Context, str], Finding | None]
_FIRST = {"pg_cron": 100, "pg_net": 200, "http": 261}


@dataclass(frozen=True)
class RegisteredCheck:
    """One check.

    Attributes:
        order: where it is shown; unique.
        rule: what is found, None where the check does not apply and is not shown.
        extension: `pg_cron`, `pg_net` or `http`; empty where it is about none.
        decides: where it fails, this database cannot make the calls itself.
        of_sender: it is about how pg_net sends, and nothing where pgsql-http alone does.
    """

    name: str
    order: int
    rule: Rule
    extension: str = ""
    decides: bool = False
    of_sender: bool = False


_BY_NAME: dict[str, RegisteredCheck] = {}


def check(
    name: str, *, order: int, decides: bool = False, of_sender: bool = False
) -> Callable[[Rule], Rule]:
    """Register the rule of a check."""

    def register(rule: Rule) -> Rule:
        _add(RegisteredCheck(name, order, rule, decides=decides, of_sender=of_sender))
        return rule

    return register


def extension_check(
    what: str,
    *,
    order: int,
    decides: bool = False,
    names: tuple[str, ...] = ("pg_cron", "pg_net", "http"),
) -> Callable[[ExtensionRule], ExtensionRule]:
    """Register the rule of a check for each of the extensions, `pg_cron_WHAT` …; `order` is among its own."""

    def register(rule: ExtensionRule) -> ExtensionRule:
        for name in names:
            place = _FIRST[name] + (order // 10 if name == "http" else order)
            _add(RegisteredCheck(f"{name}_{what}", place, _of(rule, name), name, decides))
        return rule

    return register


def _of(rule: ExtensionRule, name: str) -> Rule:
    return lambda context: rule(context, name)


def _add(new: RegisteredCheck) -> None:
    taken = next((old for old in _BY_NAME.values() if old.order == new.order), None)
    if taken or new.name in _BY_NAME:
        raise ValueError(f"the name or the order of {new.name} is taken")
    _BY_NAME[new.name] = new


@cache
def registered() -> tuple[RegisteredCheck, ...]:
    """Return every check in the order in which they are shown."""
    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{module.name}")
    return tuple(sorted(_BY_NAME.values(), key=lambda check: check.order))
