"""Which kinds of server this machine can start, and what is missing for the others."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from tests.support import cluster, container, embedded, image, packages
from tests.support.server import Kind, Server, Unavailable

SETTING = "BUNKD_TEST_SERVER"
ORDER: tuple[Kind, ...] = ("cluster", "container")


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
        return START[self.kind]()


START: dict[Kind, Callable[[], Server]] = {
    "cluster": cluster.start,
    "container": container.start,
    "embedded": embedded.start,
}
PROBE: dict[Kind, Callable[[], object]] = {
    "cluster": packages.find,
    "container": image.probe,
    "embedded": embedded.probe,
}


def choose(preference: str = "auto") -> Choice:
    """`container`, `cluster`, `embedded`, or `auto`: whatever is there with pg_cron and pg_net."""
    kinds = [kind for kind in START if kind == preference] or list(ORDER)
    possible: dict[Kind, str] = {}
    missing: dict[Kind, str] = {}
    for kind in kinds:
        try:
            possible[kind] = f"{kind} {PROBE[kind]()}"
        except Unavailable as error:
            missing[kind] = str(error)
    return Choice(possible, missing)


def preference() -> str:
    return os.environ.get(SETTING, "auto")
