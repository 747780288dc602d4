"""From apt-get install to a completed job on Debian 13, by the README's commands and nothing else."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lanes.place import require_debian
from tests.support.command import bunkd
from tests.support.endpoint import Endpoint
from tests.support.machine import free_port
from tests.support.queue import count_by_status, create_queue
from tests.support.server import Kind, connect

README = Path(__file__).parents[3] / "README.md"
PREPARE = "pg_createcluster 17 main --port {port} --locale C.UTF-8 && pg_ctlcluster 17 main start"
"""What Debian's package does when it is installed: the image is without the cluster that it made."""


def commands(beginning: str) -> list[str]:
    """The lines of the README's block that begins so, without their comments."""
    [block] = re.findall(rf"^```sh\n({beginning}.*?)^```", README.read_text(), re.S | re.M)
    return [line.partition("  #")[0].rstrip() for line in block.splitlines()]


@dataclass
class Debian:
    """A Debian 13 whose network is this machine's."""

    container: Any
    port: int

    def run(self, command: str) -> str:
        done = self.container.exec_run(
            ["sh", "-ec", command], environment={"PGPORT": str(self.port)}
        )
        assert done.exit_code == 0, f"{command}\n{done.output.decode()}"
        return str(done.output.decode())


@pytest.fixture
def debian(server_kind: Kind) -> Iterator[Debian]:
    name = require_debian(server_kind)
    from tests.support.engine import engine, running

    client, port = engine(), free_port()
    try:
        with running(
            client, name, ["sleep", "infinity"], init=True, network_mode="host"
        ) as container:
            server = Debian(container, port)
            server.run(PREPARE.format(port=port))
            yield server
    finally:
        client.close()


def exported(line: str) -> dict[str, str]:
    """The variables of an export."""
    return dict(word.split("=", 1) for word in shlex.split(line)[1:])


def test_the_readmes_way(debian: Debian) -> None:
    *as_root, database = commands("apt-get install")
    for line in as_root:
        debian.run(line)
    deploy = commands("export DATABASE_URL")
    env: dict[str, str] = {}
    for line in (*(line for line in deploy if line.startswith("export")), database):
        env |= exported(line)
    env["DATABASE_URL"] = env["DATABASE_URL"].replace("localhost", f"localhost:{debian.port}")
    del env["SUPABASE_URL"]  # "or BUNKD_CALL_URL"
    env["BUNKD_CREDENTIAL"] = "t0ken"
    with connect(env["DATABASE_URL"]) as link:
        link.execute("create role authenticated; create role service_role")
        create_queue(link, 1)
        with Endpoint(env["DATABASE_URL"]) as endpoint:
            env["BUNKD_CALL_URL"] = endpoint.url
            verbs = [line for line in deploy if line.startswith("bunkd-db")]
            assert "`bunkd-db smoke --yes`" in README.read_text()
            said = []
            for line in [*verbs, "bunkd-db smoke --yes"]:
                done = bunkd(*shlex.split(line)[1:], **env)
                assert done.code == 0, done.all
                said.append(done.out)
            assert "by lanes, 3 at a time (cron.max_running_jobs = 5" in said[0]
            assert re.search(r"by lane \d", said[-1])
            assert count_by_status(link) == {"completed": 1}
            assert len(endpoint.received) == 1
