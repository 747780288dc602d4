"""Who may see what jobs say: PORT can be open to the internet, where a platform forwards to it."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from ipaddress import ip_address

from bunkd_db.loopback import is_private

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def is_near(address: str, headers: Mapping[str, str] | Message) -> bool:
    """Whether a request comes from the worker's own network, and means it by a name of there.

    A page of a stranger whose name was made to lead here (DNS rebinding) sends the stranger's name.

    >>> is_near("10.0.0.9", {"Host": "10.0.0.5:8080"}), is_near("127.0.0.1", {"Host": "localhost"})
    (True, True)
    >>> is_near("8.8.8.8", {"Host": "10.0.0.5"}), is_near("127.0.0.1", {"Host": "evil.example"})
    (False, False)
    >>> is_near("10.0.0.9", {"Host": "worker", "X-Forwarded-For": "8.8.8.8"}), is_near("10.0.0.9", {})
    (False, False)
    """
    host = headers.get("Host", "")
    if not host or any(headers.get(name) for name in _FORWARDED):
        return False
    try:
        return not ip_address(address).is_global and is_private(f"http://{host}")
    except ValueError:  # an address in brackets that do not close
        return False
