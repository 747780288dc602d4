"""Why nobody answered: the kind, told from the exception, and the words for people."""

from __future__ import annotations

import os
import socket
import ssl

import aiohttp

from bunkd_db.calling.answer import Failure


def failure_of(error: Exception) -> Failure:
    """Return the kind of failure that an exception of the client is.

    >>> failure_of(ConnectionRefusedError()), failure_of(RuntimeError())
    ('refused', 'network')
    """
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, aiohttp.ClientSSLError):
        return "tls"
    match _cause(error):
        case ssl.SSLError():
            return "tls"
        case socket.gaierror():
            return "dns"
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case _:
            return "network"


def words_of(error: Exception) -> str:
    """Return what went wrong, without the client's wrapping.

    >>> words_of(ConnectionRefusedError(111, "Connect call failed"))
    'Connection refused'
    """
    match cause := _cause(error):
        case aiohttp.ClientHttpProxyError():  # its own words hold the proxy's password
            return f"the proxy answered {cause.status} {cause.message}"
        case aiohttp.ClientResponseError():  # its own words hold the url, whose query can be a secret
            return f"the answer is not HTTP: {' '.join(cause.message.split())}"
        case aiohttp.InvalidURL():  # likewise
            return "the url cannot be used"
        case ssl.SSLCertVerificationError():
            return f"the certificate was not accepted: {cause.verify_message}"
        case ssl.SSLError() if cause.reason:
            return f"the TLS handshake failed: {cause.reason.lower().replace('_', ' ')}"
        case socket.gaierror() if cause.strerror:
            return cause.strerror
        case OSError() if cause.errno:
            return os.strerror(cause.errno)
        case _:
            return str(cause) or type(cause).__name__


def _cause(error: Exception) -> Exception:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return error.certificate_error
        case aiohttp.ClientConnectorError():
            return error.os_error
        case _:
            return error
