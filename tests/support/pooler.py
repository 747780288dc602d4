"""pgbouncer before a test's database."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

import pytest

from tests.support.database import Database
from tests.support.machine import free_port, give, run_as, temporary_folder
from tests.support.server import PASSWORD, wait_for_answer

CONFIGURATION = """
[databases]
postgres = host=127.0.0.1 port={port} user=postgres password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 3
server_lifetime = 60
"""


@contextmanager
def pooler(
    database: Database, mode: Literal["transaction", "session", "statement"] = "transaction"
) -> Iterator[str]:
    """The url of a pooler with three server connections, so that clients have to share them."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed (Debian: apt-get install pgbouncer)")
    who, listen = run_as(), free_port()
    with temporary_folder(who) as folder:
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(
                port=urlsplit(database.url).port, password=PASSWORD, listen=listen, mode=mode
            )
        )
        give(configuration, who)
        process = subprocess.Popen(
            [program, "-q", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **who,
        )
        url = f"postgresql://postgres@127.0.0.1:{listen}/postgres"
        try:
            wait_for_answer(url, 15, lambda: process.poll() is None)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)
