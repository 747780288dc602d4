"""Servers that are there and do not speak HTTP as one would like: no certificate that counts, no hurry to accept."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.endpoint import PATH
from tests.support.server import Server

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\nConnection: close\r\n\r\n{"message": "accepted at last"}'
CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout key -out crt"


@contextmanager
def self_signed(folder: Path, server: Server) -> Iterator[str]:
    """The URL of a server whose certificate nobody vouches for."""
    subprocess.run(CERTIFICATE.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    with socket.create_server((server.bind, 0)) as listening:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with suppress(OSError), context.wrap_socket(client, server_side=True) as secure:
                        secure.recv(65536)

        threading.Thread(target=greet, daemon=True).start()
        yield f"https://{server.callback_host}:{listening.getsockname()[1]}{PATH}"
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_to_accept(seconds: float, server: Server) -> Iterator[str]:
    """The URL of a server whose queue of connections is full for so long; then it answers each with a 200."""
    with socket.create_server((server.bind, 0), backlog=0) as listening:
        address = ("127.0.0.1", listening.getsockname()[1])
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # more than it takes: the next one is not answered at all
            each.setblocking(False)
            each.connect_ex(address)

        def accept() -> None:
            time.sleep(seconds)
            for each in waiting:
                each.close()
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    with client, suppress(OSError):
                        if client.recv(65536):
                            client.sendall(ANSWER)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://{server.callback_host}:{address[1]}{PATH}"
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
