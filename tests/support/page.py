"""A page of a server on this machine."""

import http.client
from dataclasses import dataclass
from email.message import Message

# what Chromium and Firefox send
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Message
    text: str


def ask(port: int, path: str = "/", **headers: str) -> Answer:
    """Ask for a page with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def get(port: int, path: str) -> tuple[int, str]:
    """Its status and text; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()
