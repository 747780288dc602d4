"""The providers: how each is recognised, and its own words for what to do.

Data, one file a provider (`NAME.toml`): adding one is adding a file. A provider words the
remedies and never decides the verdict. Only what its own documentation or source says is in a
file; where there is nothing, the words of `generic.toml` are used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Words = Mapping[str, Mapping[str, str]]
Lines = Mapping[str, Mapping[str, Sequence[str]]]


class Remedy(NamedTuple):
    """What to do: a text, and lines of shell or SQL for it to be pasted as they are."""

    text: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What tells providers apart.

    Attributes:
        hosts: regular expressions for the host in the database URL.
        settings: server settings that only this provider has.
        roles: roles that only this provider has; one is enough.
        build: a regular expression for `version()`.
        marks: `aurora_function`, `heroku_schema`: see queries/server.sql.
    """

    hosts: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    build: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hint:
    """What to do where nobody can connect, before anything of the database is known.

    Attributes:
        host, user, says: regular expressions for the URL's host and user, and for the error: all
            have to be found. What `host` names in groups is put into the remedy.
    """

    host: str
    remedy: str
    user: str = ""
    says: str = ""


@dataclass(frozen=True)
class Found:
    """What a database shows of its provider."""

    host: str
    build: str
    settings: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Provider:
    """One provider.

    Attributes:
        order: who is asked first; the more special evidence has the lower number.
        evidence: any of it is enough; `unless`: evidence that speaks against it.
        admin_roles: roles that may create extensions in a superuser's stead.
        remedies: by reason code, then by extension, or "any"; `commands`: what to run, likewise.
        sleeps: why the schedule may not fire here though everything is well; empty: nothing known.
        pooled: regular expressions for `host:port` of its transaction pooler, and what to use instead.
        near: names in `bunkd_db.external` of schedulers on the same platform.
        hints: what to do where nobody can connect; the first that fits counts.
    """

    name: str
    title: str
    order: int = 1000
    evidence: Evidence = field(default_factory=Evidence)
    unless: Evidence = field(default_factory=Evidence)
    admin_roles: tuple[str, ...] = ()
    remedies: Words = field(default_factory=dict)
    commands: Lines = field(default_factory=dict)
    sleeps: str = ""
    pooled: tuple[str, ...] = ()
    direct: str = ""
    near: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()

    def matches(self, found: Found) -> bool:
        return shows(self.evidence, found) and not shows(self.unless, found)

    def remedy(self, code: str, extension: str = "", **words: object) -> Remedy:
        """Return what to do about a reason in this provider's words, else in general ones."""
        for provider in (self, generic()):
            texts = provider.remedies.get(code, {})
            for key in (extension, "any"):
                if key in texts:
                    lines = provider.commands.get(code, {}).get(key, ())
                    given = {"extension": extension, **words}
                    return Remedy(
                        texts[key].format(**given).strip(),
                        tuple(line.format(**given) for line in lines),
                    )
        return Remedy()


def shows(evidence: Evidence, found: Found) -> bool:
    """Whether any of the evidence is there."""
    return (
        any(re.search(host, found.host) for host in evidence.hosts)
        or not found.settings.isdisjoint(evidence.settings)
        or not found.roles.isdisjoint(evidence.roles)
        or not found.marks.isdisjoint(evidence.marks)
        or bool(evidence.build and re.search(evidence.build, found.build))
    )


@cache
def known() -> tuple[Provider, ...]:
    """Return all providers in the order in which they are asked, without the generic one."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    providers = [load(path) for path in files if path.stem != "generic"]
    return tuple(sorted(providers, key=lambda provider: (provider.order, provider.name)))


@cache
def generic() -> Provider:
    """Return the words for a server that nobody knows."""
    return replace(load(Path(__file__).parent / "generic.toml"), name="unknown")


@cache
def evidence() -> Evidence:
    """Return everything to look for in a database."""
    every = [part for provider in known() for part in (provider.evidence, provider.unless)]
    return Evidence(
        settings=tuple(sorted({name for part in every for name in part.settings})),
        roles=tuple(sorted({name for part in every for name in part.roles} | admin_roles())),
    )


@cache
def admin_roles() -> frozenset[str]:
    """Return the roles that some provider lets create extensions."""
    return frozenset(name for provider in known() for name in provider.admin_roles)


def detect(found: Found) -> Provider:
    """Return whose server this is; the generic provider where nothing tells."""
    return next((provider for provider in known() if provider.matches(found)), generic())


def connection_remedy(host: str, user: str, error: str) -> str:
    """Return what to do about a connection that failed; empty where no provider has a word."""
    for hint in (hint for provider in known() for hint in provider.hints):
        named = re.search(hint.host, host)
        if named and re.search(hint.user, user) and re.search(hint.says, error, re.IGNORECASE):
            return hint.remedy.format(**named.groupdict())
    return ""


def load(path: Path) -> Provider:
    """Read one provider's file."""
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    for part in ("evidence", "unless"):
        if part in data:
            data[part] = Evidence(**_frozen(data[part]))
    data["hints"] = [Hint(**hint) for hint in data.get("hints", ())]
    return Provider(name=path.stem, **_frozen(data))


def _frozen(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
