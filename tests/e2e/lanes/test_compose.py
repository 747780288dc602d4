"""The database of docker-compose.debian.yml, and what the services around it do with it."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from tests.e2e.lanes.place import debian_image
from tests.support.command import ROOT, environment
from tests.support.container import GATEWAY
from tests.support.endpoint import Endpoint
from tests.support.machine import free_port
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.server import Kind, connect, wait_for_answer
from tests.support.wait import wait_until

PASSWORD = "a-password"


def services(file: str) -> dict[str, Any]:
    return cast("dict[str, Any]", YAML(typ="safe").load(Path(ROOT / file))["services"])


@pytest.fixture
def url(server_kind: Kind) -> Iterator[str]:
    """The database."""
    name = debian_image(server_kind)
    from tests.support.engine import engine, running

    client, port = engine(), free_port()
    try:
        with running(
            client,
            name,
            environment={"POSTGRES_PASSWORD": PASSWORD},
            ports={"5432": ("127.0.0.1", port)},
            extra_hosts={GATEWAY: "host-gateway"},
        ):
            found = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"
            wait_for_answer(found)
            yield found
    finally:
        client.close()


def run(command: str, **env: str) -> str:
    """One of the commands of a service, by this environment's programs."""
    words = shlex.split(command)
    program = (
        [sys.executable]
        if words[0] == "python"
        else [str(Path(sys.executable).with_name(words[0]))]
    )
    done = subprocess.run(
        [*program, *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(**env),
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_lanes_make_the_calls_there(url: str) -> None:
    migrate = services("docker-compose.yml")["migrate"]["command"]
    [*_, commands] = shlex.split(migrate)
    with Endpoint(url, host="0.0.0.0", public_host=GATEWAY) as endpoint:
        env = {
            "DATABASE_URL": url,
            "BUNKD_CALL_URL": endpoint.url,
            "BUNKD_CREDENTIAL": "demo-token",
        }
        said = [run(command.strip(), **env) for command in commands.split(";")]
        assert said[-1].startswith(
            "native: this database makes the calls itself, every 30s by lanes"
        )
        with connect(url) as link:
            assert scalar(link, str, "show server_encoding") == "UTF8"
            add_jobs(link, 3)
            wait_until(lambda: count_by_status(link) == {"completed": 3}, 30)


def test_it_takes_the_place_of_a_service() -> None:
    changed = services("docker-compose.debian.yml")
    assert changed.keys() == {"database"} <= services("docker-compose.yml").keys()
    assert changed["database"]["build"]["target"] == "debian"
