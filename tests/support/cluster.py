"""A private cluster from the PostgreSQL packages at hand, shaped like a Supabase project."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support import guard, packages, supabase
from tests.support.drained import drained
from tests.support.machine import free_port, give, run_as, temporary_folder
from tests.support.postmaster import Postmaster
from tests.support.relocate import copy_hooks, relocate
from tests.support.server import Mode, Server, connect, cron_version, url_of, wait_for_workers

ADMIN = "supabase_admin"


@dataclass
class ClusterControl:
    """A postmaster of our own and what was started around it."""

    postmaster: Postmaster
    admin_url: str
    net: str | None
    stack: ExitStack

    def log(self, since: float) -> str:
        return self.postmaster.log(int(since))

    def mark(self) -> float:
        return self.postmaster.log_file.stat().st_size

    def restart(self, mode: Mode) -> None:
        self.postmaster.stop(mode)
        self.postmaster.start(self.admin_url)
        wait_for_workers(self.admin_url, self.net)

    def stop(self) -> None:
        self.stack.close()


def start(
    changes: Mapping[str, str | None] = supabase.NO_CHANGES,
    *,
    workers: bool = True,
    net: bool = True,
    http: bool = False,
) -> Server:
    """Start one; use it in a `with`, or stop it: then it is deleted.

    `changes` are settings that differ from Supabase's, None for one that is not to be set at all.
    Without `workers` nothing sends calls, and nobody waits for pg_cron's scheduler. Without `net`
    there are no files of pg_net, also where the machine has them; with `http` those of pgsql-http.
    """
    found = packages.find()
    who = run_as()
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder(who))
        stack.callback(guard.release, guard.watch("cluster", str(folder)))
        files = supabase.files(found.major, found.extensions, net=net, http=http)
        programs = relocate(found, files, folder)
        hooks = copy_hooks(folder)
        sockets = folder / "sockets"
        sockets.mkdir(mode=0o700)
        give(sockets, who)
        postmaster = Postmaster(programs, folder, free_port(), who)
        admin_url, url = url_of(ADMIN, postmaster.port), url_of("postgres", postmaster.port)
        postmaster.create(
            ADMIN,
            supabase.changed(
                supabase.configuration(files.real_net, str(hooks), str(sockets)), changes
            ),
            supabase.ACCESS,
        )
        stack.callback(postmaster.stop)
        postmaster.start(admin_url)
        with connect(admin_url) as admin:
            supabase.shape(admin)
            cron, version = cron_version(admin), admin.info.server_version
        if workers and files.net and not files.real_net:
            stack.enter_context(drained(admin_url))
        if workers:
            wait_for_workers(admin_url, files.net)
        control = ClusterControl(postmaster, admin_url, files.net, stack.pop_all())
    return Server("cluster", url, admin_url, version, cron, files.net, "127.0.0.1", control)
