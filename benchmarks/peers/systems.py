"""Every system that is measured, and how it is brought up and taken away."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from urllib.parse import urlsplit

from benchmarks.function import Function, function
from benchmarks.peers.installed import NODE, PYTHON, Missing, command
from benchmarks.peers.system import Ours, System, started
from benchmarks.place import SLOTS, Place
from tests.support.queue import TABLE, create_queue
from tests.support.server import Connection, connect
from tests.support.worker import worker

DATABASE = "peers"
LINKS = SLOTS + 5
"""Sessions of the function: never fewer than there are calls."""

PEERS = (*PYTHON, *NODE)
Bring = Callable[[], AbstractContextManager[tuple[System, Function]]]


def ours(place: Place) -> dict[str, Bring]:
    """By pg_net, by lanes, by both, by one worker and by two."""
    return {
        "pg_net": partial(_native, place, "pg_net"),
        "http": partial(_native, place, "http"),
        "both": partial(_native, place, "both"),
        "worker": partial(_workers, place, 1),
        "2 workers": partial(_workers, place, 2),
    }


def peers(place: Place) -> dict[str, Bring]:
    """Each in a database that is made for it and dropped after it."""
    return {name: partial(_peer, place, name) for name in PEERS}


@contextmanager
def _function(place: Place, url: str) -> Iterator[Function]:
    with function(url, TABLE, place.server.callback_host, LINKS) as called:
        yield called


@contextmanager
def _native(place: Place, transport: str) -> Iterator[tuple[System, Function]]:
    if transport != "pg_net" and not place.http:
        raise Missing("this server has no extension http")
    create_queue(place.link, 1)
    with _function(place, place.server.url) as called:
        place.install(url=called.url, transport=transport)
        try:
            yield Ours(transport, place.link), called
        finally:
            place.link.execute("truncate public.analysis_jobs")
            place.remove()


@contextmanager
def _workers(place: Place, number: int) -> Iterator[tuple[System, Function]]:
    create_queue(place.link, 1)
    with ExitStack() as stack:
        called = stack.enter_context(_function(place, place.server.url))
        place.install(mode="external", url=called.url)
        running = [
            stack.enter_context(worker(DATABASE_URL=place.server.url)) for _ in range(number)
        ]
        for one in running:
            one.works()
        pids = [one.process.pid for one in running]
        try:
            yield Ours("worker", place.link, pids), called
        finally:
            place.link.execute("truncate public.analysis_jobs")
    place.remove()


@contextmanager
def _peer(place: Place, name: str) -> Iterator[tuple[System, Function]]:
    how = command(name)
    with _database(place) as (url, link):
        create_queue(link, 1)
        with (
            _function(place, url) as called,
            started(name, how, url, called.url, SLOTS, link) as peer,
        ):
            yield peer, called


def _in(url: str) -> str:
    """The same server's database of the peers: not all of them read libpq's keywords."""
    return urlsplit(url)._replace(path=f"/{DATABASE}").geturl()


@contextmanager
def _database(place: Place) -> Iterator[tuple[str, Connection]]:
    drop = b"drop database if exists peers with (force)"
    with place.server.admin() as admin:
        admin.execute(drop)
        admin.execute(b"create database peers owner postgres")
        url, admin_url = (_in(each) for each in (place.server.url, place.server.admin_url))
        try:
            with connect(admin_url) as owner:
                owner.execute(b"grant create, usage on schema public to postgres")
            with connect(url) as link:
                yield url, link
        finally:
            admin.execute(drop)
