"""Which kinds of server this machine can start, and what is missing for the others."""

import os
from dataclasses import dataclass
from importlib import import_module

from tests.support.server import Kind, Server, Unavailable

SETTING = "BUNKD_TEST_SERVER"
KINDS: tuple[Kind, ...] = ("cluster", "container", "embedded")
WITH_CRON: tuple[Kind, ...] = ("cluster", "container")
# Imported when asked: the Docker SDK alone costs more than a private cluster.
PROBES = {"cluster": "packages", "container": "image", "embedded": "embedded"}


@dataclass(frozen=True)
class Choice:
    """The kinds that are possible, best first, and why the others are not."""

    possible: dict[Kind, str]
    missing: dict[Kind, str]

    @property
    def kind(self) -> Kind:
        """The best kind; Unavailable with one clear message where there is none."""
        for kind in self.possible:
            return kind
        raise Unavailable(self.why_not())

    def why_not(self) -> str:
        lines = [f"{kind}: {reason}" for kind, reason in self.missing.items()]
        return "no PostgreSQL server to test on\n  " + "\n  ".join(lines)

    def start(self) -> Server:
        return start(self.kind)


def choose(preference: str = "auto", *, survey: bool = False) -> Choice:
    """`cluster`, `container`, `embedded`, or `auto`: the first with pg_cron that is possible.

    A survey asks about every kind instead of stopping at the first.
    """
    if preference != "auto" and preference not in KINDS:
        raise ValueError(f"{SETTING}={preference}: auto, {', '.join(KINDS)}")
    kinds = [kind for kind in KINDS if kind == preference] or list(KINDS if survey else WITH_CRON)
    possible: dict[Kind, str] = {}
    missing: dict[Kind, str] = {}
    for kind in kinds:
        try:
            possible[kind] = f"{kind}, {import_module(f'tests.support.{PROBES[kind]}').probe()}"
        except Unavailable as error:
            missing[kind] = str(error)
        if possible and not survey:
            break
    return Choice(possible, missing)


def start(kind: Kind, *args: object, **options: object) -> Server:
    """Start a server of this kind, see its module; use it in a `with`, or stop it."""
    server = import_module(f"tests.support.{kind}").start(*args, **options)
    assert isinstance(server, Server)
    return server


def preference() -> str:
    """What the environment asks for."""
    return os.environ.get(SETTING, "auto")
