"""Who may see what jobs say: PORT can be open to the internet, where a platform forwards to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from ipaddress import ip_address

from bunkd_db.loopback import is_private

# what says that somebody else asked a proxy, and the proxy us
_NAMES = frozenset(
    ("forwarded", "via", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-real-ip")
)
_BEGINS = ("x-forwarded-", "x-envoy-", "x-original-")
# a name or an address, and a port: nothing of a url besides
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?", re.ASCII)


def is_near(address: str, headers: Mapping[str, str] | Message) -> bool:
    """Whether a request comes from the worker's own network, and means it by a name of there.

    A page of a stranger whose name was made to lead here (DNS rebinding) sends the stranger's name.

    >>> is_near("10.0.0.9", {"Host": "10.0.0.5:8080"}), is_near("127.0.0.1", {"Host": "localhost"})
    (True, True)
    >>> is_near("8.8.8.8", {"Host": "10.0.0.5"}), is_near("127.0.0.1", {"Host": "evil.example"})
    (False, False)
    >>> is_near("10.0.0.9", {"Host": "worker", "X-Forwarded-For": "8.8.8.8"}), is_near("10.0.0.9", {})
    (False, False)
    >>> is_near("10.0.0.9", {"Host": "worker", "X-Forwarded-For": ""})
    False
    """
    host = headers.get("Host", "")
    if not _HOST.fullmatch(host) or not _is_whole(headers) or any(map(_is_of_a_proxy, headers)):
        return False
    try:
        return not ip_address(address).is_global and is_private(f"http://{host}")
    except ValueError:  # an address in brackets that do not close
        return False


def _is_of_a_proxy(name: str) -> bool:
    """Whether a header is one that proxies write, whatever it says: the first of two can be a stranger's, and empty."""
    return name.lower() in _NAMES or name.lower().startswith(_BEGINS)


def _is_whole(headers: Mapping[str, str] | Message) -> bool:
    """Whether every line was read as a header: what follows one that is none would be hidden, a proxy's too."""
    if not isinstance(headers, Message):
        return True
    return (
        not headers.defects and not headers.get_payload() and len(headers.get_all("Host", ())) == 1
    )
