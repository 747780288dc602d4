"""One HTTP request as libcurl would make it for pg_net: deadline, redirects, error texts."""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

AGENT = "pg_net/0.20.4"
REDIRECTS = 30
CREDENTIALS = ("authorization", "cookie")


@dataclass
class Request:
    """A row taken from the queue."""

    id: int
    method: str
    url: str
    timeout_ms: int
    headers: list[str]
    body: bytes | None


@dataclass
class Response:
    """A row for the responses: either a status or an error text."""

    id: int
    status: int | None = None
    content: str | None = None
    headers: dict[str, str] | None = None
    content_type: str | None = None
    timed_out: bool = False
    error: str | None = None


class CurlError(Exception):
    """What libcurl would say."""


@dataclass
class Clock:
    """When each step ended, for the text of a timeout."""

    timeout_ms: int
    started: float = field(default_factory=time.monotonic)
    resolved: float | None = None
    connected: float | None = None

    def left(self) -> float | None:
        """Seconds until the deadline; None where the timeout is 0, which is forever."""
        if self.timeout_ms == 0:
            return None
        left = self.started + self.timeout_ms / 1000 - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def text(self) -> str:
        now = time.monotonic()
        resolved = self.resolved or now
        connected = self.connected or now
        return (
            f"Timeout of {self.timeout_ms} ms reached. Total time: {_ms(self.started, now)} ms "
            f"(DNS time: {_ms(self.started, resolved)} ms, "
            f"TCP/SSL handshake time: {_ms(resolved, connected)} ms, "
            f"HTTP Request/Response time: {_ms(connected, now)} ms)"
        )


def exchange(request: Request) -> Response:
    """Send one request, follow its redirects, and say how it ended; the network never raises."""
    clock = Clock(request.timeout_ms)
    try:
        return _follow(request, clock)
    except TimeoutError:
        return Response(request.id, timed_out=True, error=clock.text())
    except CurlError as error:
        return Response(request.id, error=str(error))


def _follow(request: Request, clock: Clock) -> Response:
    method, body, url = request.method.upper(), request.body, urlsplit(request.url)
    headers = [*request.headers, f"User-Agent: {AGENT}"]
    first: dict[str, str] | None = None
    for _ in range(REDIRECTS + 1):
        status, answered, content = _send(method, url, headers, body, clock)
        first = answered if first is None else first
        target = _header(answered, "location")
        if status not in (301, 302, 303, 307, 308) or not target:
            return Response(
                request.id,
                status,
                content.split(b"\0")[0].decode("utf-8", "replace") or None,
                first,
                _header(answered, "content-type"),
            )
        if status in (301, 302, 303) and method == "POST":
            method, body = "GET", None
        origin, url = url, urlsplit(urljoin(url.geturl(), target))
        if (origin.scheme, origin.netloc) != (url.scheme, url.netloc):
            headers = [h for h in headers if h.split(":")[0].strip().lower() not in CREDENTIALS]
    raise CurlError("Number of redirects hit maximum amount")


def _send(
    method: str, url: SplitResult, headers: list[str], body: bytes | None, clock: Clock
) -> tuple[int, dict[str, str], bytes]:
    with _connect(url, clock) as connection:
        try:
            connection.sendall(_head(method, url, headers, body) + (body or b""))
            response = http.client.HTTPResponse(connection, method=method)
            connection.settimeout(clock.left())
            response.begin()
            chunks: list[bytes] = []
            while True:
                connection.settimeout(clock.left())
                chunk = response.read1(65536)
                if not chunk:
                    break
                chunks.append(chunk)
            if response.length:
                raise CurlError("Transferred a partial file")
        except http.client.RemoteDisconnected:
            raise CurlError("Server returned nothing (no headers, no data)") from None
        except http.client.IncompleteRead:
            raise CurlError("Transferred a partial file") from None
        except http.client.HTTPException:
            raise CurlError("Unsupported protocol") from None
        except TimeoutError:
            raise
        except OSError:
            raise CurlError("Failure when receiving data from the peer") from None
    return response.status, dict(response.getheaders()), b"".join(chunks)


def _connect(url: SplitResult, clock: Clock) -> socket.socket:
    if url.scheme not in ("http", "https"):
        raise CurlError("Unsupported protocol")
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise CurlError("Couldn't resolve host name") from None
    clock.resolved = clock.resolved or time.monotonic()
    connection = _first_of([entry[4][:2] for entry in found], clock)
    if url.scheme == "https":
        try:
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        except TimeoutError:
            connection.close()
            raise
        except ssl.SSLCertVerificationError:
            connection.close()
            raise CurlError("SSL peer certificate or SSH remote key was not OK") from None
        except OSError:
            connection.close()
            raise CurlError("SSL connect error") from None
    clock.connected = clock.connected or time.monotonic()
    connection.settimeout(clock.left())
    return connection


def _first_of(addresses: list[tuple[object, ...]], clock: Clock) -> socket.socket:
    for host, port in addresses:
        try:
            return socket.create_connection((str(host), int(str(port))), timeout=clock.left())
        except TimeoutError:
            raise
        except OSError:
            continue
    raise CurlError("Couldn't connect to server")


def _head(method: str, url: SplitResult, headers: list[str], body: bytes | None) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = url.netloc.rpartition("@")[2]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept: */*"]
    # libcurl takes "Name:" without a value as an order to leave the header out.
    lines += [h for h in headers if h.partition(":")[2].strip()]
    if body is not None or method == "POST":
        lines.append(f"Content-Length: {len(body or b'')}")
    return ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode()


def _header(headers: dict[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _ms(start: float, end: float) -> str:
    return f"{max(0.0, end - start) * 1000:f}"
