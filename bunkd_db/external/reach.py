"""Whether an external scheduler can reach the function at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from bunkd_db import loopback
from bunkd_db.errors import ConfigurationError
from bunkd_db.external.option import Option

_REMEDY = "Set SUPABASE_URL or BUNKD_CALL_URL to the URL that the function has on the internet."


def notes(option: Option, url: str) -> list[str]:
    """Return what to say about a url that only some machines can reach.

    Raises:
        ConfigurationError: this scheduler cannot reach it.
    """
    host = urlsplit(url).hostname or url
    if loopback.is_of_this_machine(url):
        if option.reach == "machine":
            return [f"{host} is the machine that {option.name} runs on. {loopback.REMEDY}"]
        raise ConfigurationError(f"{option.name} cannot reach {host}: it is this machine", _REMEDY)
    if loopback.is_private(url) and option.reach == "internet":
        raise ConfigurationError(
            f"{option.name} cannot reach {host}: it is a name or address of a private network",
            _REMEDY,
        )
    return []
