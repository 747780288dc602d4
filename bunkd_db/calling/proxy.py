"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bunkd_db.errors import ConfigurationError


class Proxies:
    """Those of this process's start.

    Raises:
        ConfigurationError: one is of a kind that cannot be used; it may hold a password, which is
            not said.
    """

    def __init__(self) -> None:
        named = getproxies()
        self._by_scheme = {
            scheme: text if "://" in text else f"http://{text}"
            for scheme in ("http", "https", "all")
            if (text := named.get(scheme))
        }
        for scheme, text in self._by_scheme.items():
            if not _is_usable(text):
                raise ConfigurationError(
                    f"the proxy in {scheme.upper()}_PROXY cannot be used: it is not an http or https URL",
                    "Correct HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, or unset them.",
                )

    def of(self, url: str) -> str | None:
        """Return the proxy for a url, None for a connection of its own."""
        if not self._by_scheme:
            return None
        parts = urlsplit(url)
        if proxy_bypass(parts.hostname or ""):
            return None
        return self._by_scheme.get(parts.scheme) or self._by_scheme.get("all")


def _is_usable(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
