"""Urls that mean another machine to whoever calls them: the caller's own, or one of its network."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

# said by the upgrade, by check and with generated files
REMEDY = (
    "If that is a container, use the name that it has for this machine:"
    " http://host.docker.internal:PORT, or http://kong:8000 for Supabase's own Compose file."
)
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def misleads(url: str | None, server_address: str | None) -> bool:
    """Whether a url names the database's own machine, and that is not the one that we run on.

    `server_address` is where the server took our connection: a container has an address of its
    own, also where its port is published on 127.0.0.1. None is a local socket.

    >>> misleads("http://localhost:54321/x", "172.17.0.2"), misleads("http://localhost/x", "::1")
    (True, False)
    """
    if url is None or server_address is None:
        return False
    return _is_loopback(urlsplit(url).hostname or "") and not _is_loopback(server_address)


def is_of_this_machine(url: str) -> bool:
    """Whether a url names the machine of whoever calls it.

    >>> is_of_this_machine("http://localhost:9/x"), is_of_this_machine("http://10.0.0.5/x")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return _is_loopback(host) or host.rstrip(".").endswith(".docker.internal")


def is_private(url: str) -> bool:
    """Whether a url can be reached from within one network only, as far as its host tells.

    >>> is_private("http://10.0.0.5/x"), is_private("http://kong:8000/x"), is_private("https://x.example/y")
    (True, True, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_NAMES)


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").rpartition(".")[2] == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
