"""A server in a container, through testcontainers: our own image, or one of Supabase's."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from tests.support import guard, image, supabase
from tests.support.drained import drained
from tests.support.machine import free_port
from tests.support.scalar import scalar
from tests.support.server import (
    PASSWORD,
    Mode,
    Server,
    available,
    connect,
    cron_version,
    url_of,
    wait_for_answer,
    wait_for_workers,
)
from tests.support.wait import wait_until

ADMIN = "supabase_admin"
GATEWAY = "host.docker.internal"
FOLDER = "/bunkd"
SIGNALS = {"fast": "INT", "immediate": "QUIT"}
DATA = "/data"
LOG = f"{DATA}/log"
START = f"""
set -e
programs=/usr/lib/postgresql/{image.MAJOR}/bin
mkdir -m 700 /tmp/sockets
"$programs/initdb" --pgdata={DATA}/base --username={ADMIN} --pwfile={FOLDER}/password \\
  --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >/dev/null
cat {FOLDER}/server.conf >>{DATA}/base/postgresql.conf
cat {FOLDER}/pg_hba.conf >{DATA}/base/pg_hba.conf
while "$programs/postgres" -D {DATA}/base 2>>{LOG} || [ -e /tmp/again ]; do rm -f /tmp/again; done
cat {LOG}
"""
"""The start of our own image, as its user postgres.

The data is in memory, and gone with the container: the server alone is started again. Its log is a
file: Docker's own would cost a tenth of the time.
"""
EXTENSIONS = f"/usr/share/postgresql/{image.MAJOR}/extension"
HIDE_HTTP = f"rm -f {EXTENSIONS}/http.control {EXTENSIONS}/http--*.sql"
AGAIN = f"touch /tmp/again && kill -{{signal}} $(head -n 1 {DATA}/base/postmaster.pid)"


@dataclass
class ContainerControl:
    """The container and what was started around it."""

    container: Any
    server_url: str
    net: str | None
    own: bool
    stack: ExitStack

    def log(self, since: float) -> str:
        if self.own and self._alive():
            done = self.container.exec_run(["tail", "-c", f"+{int(since) + 1}", LOG])
            return bytes(done.output).decode(errors="replace")
        return bytes(self.container.logs(since=since or None)).decode(errors="replace")

    def mark(self) -> float:
        if not self.own:
            return time.time()
        with connect(self.server_url) as admin:
            return scalar(admin, int, "select size from pg_stat_file(%s)", [LOG])

    def restart(self, mode: Mode) -> None:
        if self.own:
            started = self._started()
            done = self.container.exec_run(["sh", "-c", AGAIN.format(signal=SIGNALS[mode])])
            assert done.exit_code == 0, done.output
            before = (b"", started)
            wait_until(lambda: self._started() not in before, 60, "the server was started again")
        else:
            self.container.kill(signal=f"SIG{SIGNALS[mode]}")
            self.container.wait(timeout=60)
            self.container.start()
        self.ready()

    def _started(self) -> bytes:
        """The server's process and when it was started; nothing while it is down."""
        found = self.container.exec_run(["head", "-n", "3", f"{DATA}/base/postmaster.pid"])
        return bytes(found.output) if found.exit_code == 0 else b""

    def ready(self) -> None:
        wait_for_answer(self.server_url, timeout=120, alive=self._alive)
        wait_for_workers(self.server_url, self.net)

    def stop(self) -> None:
        self.stack.close()

    def _alive(self) -> bool:
        self.container.reload()
        return bool(self.container.status == "running")


def start(
    changes: Mapping[str, str | None] = supabase.NO_CHANGES, *, net: bool = True, http: bool = False
) -> Server:
    """Start one; use it in a `with`, or stop it: then it is removed.

    `changes` are settings of our own image that differ from Supabase's, None for one that is not to
    be set at all. Without `net` it gets no pg_net; with `http` it keeps its pgsql-http, and the
    server's calls come from the container. Supabase's image has both, whatever is asked.
    """
    # Ryuk is one more image to pull; our guard does its work.
    testcontainers_config.ryuk_disabled = True
    name = image.ensure_image()
    with ExitStack() as stack:
        port = free_port()
        own = image.is_own(name)
        files = supabase.files(image.MAJOR, net=net, http=http) if own else None
        wanted = _own(name, files, changes) if files else _supabase(name)
        user = {"user": "postgres"} if files else {}
        wanted.with_kwargs(extra_hosts={GATEWAY: "host-gateway"}, **user)
        # testcontainers has no word for an address, the Docker SDK below it has.
        wanted.ports["5432"] = cast("int", ("127.0.0.1", port))
        removed = stack.enter_context(ExitStack())
        stack.callback(wanted.stop)
        wanted.start()
        container = wanted.get_wrapped_container()
        removed.callback(guard.release, guard.watch("container", str(container.id)))
        admin_url, url = url_of(ADMIN, port), url_of("postgres", port)
        control = ContainerControl(container, admin_url, files.net if files else None, own, stack)
        try:
            wait_for_answer(admin_url, timeout=120, alive=control._alive)
        except BaseException as error:
            error.add_note(control.log(0)[-4000:])
            raise
        with connect(admin_url) as admin:
            if files:
                if not files.http:
                    container.exec_run(["sh", "-c", HIDE_HTTP], user="root")
                supabase.shape(admin)
            version, cron = admin.info.server_version, cron_version(admin)
            found = available(admin, "pg_net")
        control.net = files.net if files else found and f"real {found}"
        double = control.net is not None and not control.net.startswith("real")
        if double:
            stack.enter_context(drained(admin_url))
        control.ready()
        control.stack = stack.pop_all()
    # the double sends from this machine
    callback = "127.0.0.1" if double else GATEWAY
    return Server("container", url, admin_url, version, cron, control.net, callback, control)


def _own(name: str, files: supabase.Files, changes: Mapping[str, str | None]) -> DockerContainer:
    """Debian's packages, with our files put in before the start."""
    wanted = DockerContainer(name).with_command(["bash", "-c", START])
    wanted.with_tmpfs_mount(DATA, "mode=1777")
    usual = supabase.configuration(files.real_net, f"{FOLDER}/extwlist", "/tmp/sockets")
    configuration = supabase.changed(usual, changes)
    texts = {
        f"{FOLDER}/server.conf": configuration + "listen_addresses = '*'\n",
        f"{FOLDER}/pg_hba.conf": supabase.ACCESS,
        f"{FOLDER}/password": PASSWORD,
    }
    for path, text in texts.items():
        wanted.with_copy_into_container(text.encode(), path)
    for source in supabase.HERE.glob("extwlist/*/*.sql"):
        target = f"{FOLDER}/{source.relative_to(supabase.HERE)}"
        wanted.with_copy_into_container(source, target)
    for source in files.extensions:
        wanted.with_copy_into_container(source, f"{EXTENSIONS}/{source.name}")
    for source in files.libraries:
        wanted.with_copy_into_container(
            source, f"/usr/lib/postgresql/{image.MAJOR}/lib/{source.name}"
        )
    return wanted


def _supabase(name: str) -> DockerContainer:
    """An image that is Supabase's already: only what a test needs to see is set."""
    settings = {
        "log_statement": "all",
        "logging_collector": "off",
        "log_destination": "stderr",
        "max_prepared_transactions": "5",
        "fsync": "off",
    }
    options = [word for item in settings.items() for word in ("-c", "=".join(item))]
    return (
        DockerContainer(name)
        .with_env("POSTGRES_PASSWORD", PASSWORD)
        .with_command(["postgres", "-D", "/etc/postgresql", *options])
    )
