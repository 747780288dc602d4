"""A credential is replaced while calls are made: none is rejected, and a wrong one changes nothing."""

import json
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import LiteralString

import pytest

from bunkd_db import database as access
from bunkd_db import rotation
from bunkd_db.capabilities.probe import from_database
from bunkd_db.capabilities.probe.from_database import Place
from bunkd_db.capabilities.probe.heard import Heard
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible
from tests.support.at_commit import STUBBORN, do_at_commit, interrupt_at_commit
from tests.support.checked import check, named
from tests.support.command import Finished, bunkd, finish, here, redirected, start, unheard
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import settle, tick
from tests.support.upgrade import SCHEDULE, install, upgrade
from tests.support.wait import wait_until

OLD = "the-former-token-of-this-test"
NEW = "the-next-token-of-this-test"
BOTH = ("Authorization", f"Bearer {OLD}", f"Bearer {NEW}")
COMPLETED = "select count(*) = %s from public.analysis_jobs where status in ('completed', 'done')"


@pytest.fixture(params=["table", "vault"])
def running(
    request: pytest.FixtureRequest,
    scheduler: None,  # first: it ends every session
    database: Database,
    connection: Connection,
    endpoint: Endpoint,
) -> Iterator[Connection]:
    """A schedule whose calls are really made, and a function that lets the former key in."""
    del scheduler
    create_queue(connection)
    if request.param == "vault":
        connection.execute("create extension supabase_vault")
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=OLD, BUNKD_MAX_IN_FLIGHT="20")
    endpoint.require = BOTH[:2]
    yield connection
    log = database.log()
    assert "log_statement" in log or "statement:" in log  # it shows every statement
    assert OLD not in log
    assert NEW not in log


def rotate(database: Database, *arguments: str, stdin: str = "") -> Finished:
    done = here("credential", "rotate", *arguments, stdin=stdin, DATABASE_URL=database.url)
    assert OLD not in done.all
    assert NEW not in done.all
    return done


def current(connection: Connection) -> str:
    return scalar(connection, str, "select bunkd.read_credential(%s)", [SCHEDULE])


def places(connection: Connection) -> list[str]:
    rows = connection.execute("select place from bunkd.credential order by place").fetchall()
    return [str(row[0]) for row in rows]


def places_kept(connection: Connection) -> list[str]:
    rows = connection.execute("select store from bunkd.credential order by place").fetchall()
    return [str(row[0]) for row in rows]


STALLED = """
select (select jsonb_object_agg(status, n) from (select status, count(*) as n from analysis_jobs group by 1) as q),
       (select jsonb_agg(to_jsonb(s) - 'schedule') from bunkd.slot s where s.call is not null),
       (select to_jsonb(t) from bunkd.last_tick t), w.last_value, w.is_called, clock_timestamp()
  from bunkd.wake_failed w
"""


def keys(endpoint: Endpoint) -> set[str]:
    """Those that came; who looks for a redirect sends none."""
    found = {each.header("Authorization") for each in endpoint.received}
    return {key.removeprefix("Bearer ") for key in found if key}


def test_under_twenty_calls_in_flight_none_is_rejected(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    endpoint.work = 0.5
    add_jobs(running, 200)
    wait_until(lambda: endpoint.open >= 10, message="calls are in flight")
    done = rotate(database, stdin=NEW)
    assert done.code == 0, done.err
    assert "The function accepted it: it answered 200" in done.out
    assert done.out.splitlines()[-1] == "The new credential works; the former one is dropped."
    wait_until(
        lambda: running.execute(COMPLETED, [200]).fetchone() == (True,),
        75,  # where a machine is so busy that a refill fails, the next tick can be a minute away
        "all jobs are completed",
        lambda: str(running.execute(STALLED).fetchall()),
    )
    settle(running)
    assert scalar(running, int, "select count(*) from bunkd.call where outcome = 'rejected'") == 0
    assert keys(endpoint) == {OLD, NEW}
    assert (current(running), places(running)) == (NEW, ["current"])
    # the function forgets the former one, and calls go on; the deploy of the former one is no change
    endpoint.require = ("Authorization", f"Bearer {NEW}")
    upgrade(database, BUNKD_CREDENTIAL=OLD)
    assert current(running) == NEW


def test_a_wrong_key_changes_nothing(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    done = rotate(database, stdin="wrong")
    assert done.code == 1
    assert "the function did not accept the next credential: it answered 401" in done.err
    assert (current(running), places(running)) == (OLD, ["current"])
    add_jobs(running, 1)
    wait_until(lambda: running.execute(COMPLETED, [1]).fetchone() == (True,), message="calls go on")
    assert keys(endpoint) == {OLD, "wrong"}
    assert here("check", "--require-active", DATABASE_URL=database.url).code == 0


def test_it_falls_back_by_itself(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    done = rotate(database, "--watch", "0", stdin=NEW)
    assert done.code == 0, done.err
    assert "Ticks go on watching" in done.out
    assert (current(running), places(running)) == (NEW, ["current", "next"])
    endpoint.require = BOTH[:2]  # the function was deployed anew, with the former one alone
    add_jobs(running, 1)
    wait_until(lambda: tick(running) and current(running) == OLD, 20, "a tick falls back")
    assert places(running) == ["current"]
    query = (
        "select origin, why from bunkd.change where what = 'credential' order by id desc limit 1"
    )
    assert running.execute(query).fetchone() == (
        "bunkd",
        "the function rejected the new credential (401)",
    )
    wait_until(
        lambda: bool(tick(running)) and running.execute(COMPLETED, [1]).fetchone() == (True,),
        20,
        "the job is completed with the former one",
    )


def test_stage_then_commit(database: Database, running: Connection, endpoint: Endpoint) -> None:
    done = rotate(database, "--commit")
    assert (done.code, "no credential is staged" in done.err) == (1, True)
    done = here("credential", "rotate", "--generate", "--stage", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    [token] = done.out.splitlines()  # alone: a script can take it
    assert (len(token), current(running)) == (43, OLD)
    done = rotate(database, "--commit")
    assert done.code == 1
    assert "Calls still have the current one" in done.err
    assert "still staged" in done.err
    endpoint.require = ("Authorization", f"Bearer {OLD}", f"Bearer {token}")
    done = rotate(database, "--commit", "--watch", "0")
    assert done.code == 0, done.err
    assert current(running) == token
    assert token not in database.log()
    rotate(database, "--abort")


def test_json(database: Database, running: Connection, endpoint: Endpoint) -> None:
    endpoint.require = BOTH

    def object_of(*arguments: str, stdin: str = "") -> dict[str, object]:
        done = rotate(database, *arguments, "--json", stdin=stdin)
        assert (done.code, done.err != "") == (0, True), done.all
        found: dict[str, object] = json.loads(done.out)
        assert (found.pop("format"), found.pop("schedule")) == (1, SCHEDULE)
        return found

    assert object_of("--abort") == {"outcome": "none"}
    assert object_of("--stage", stdin=NEW) == {"outcome": "staged"}
    assert object_of("--abort") == {"outcome": "dropped"}
    assert object_of("--watch", "0", stdin=NEW) == {"outcome": "watched"}
    assert object_of("--abort") == {"outcome": "returned"}
    assert object_of("--stage", stdin=NEW) == {"outcome": "staged"}
    assert object_of("--commit", "--watch", "0") == {"outcome": "watched"}
    running.execute("update bunkd.rotation set switched = switched - interval '11 minutes'")
    assert object_of("--commit") == {"outcome": "accepted"}
    token = object_of("--generate", "--stage")["credential"]
    assert (len(str(token)), current(running)) == (43, NEW)
    done = rotate(database, "--commit", "--json")
    said = json.loads(done.out)
    assert (done.code, said["commands"]) == (
        1,
        [
            f"bunkd-db credential rotate --commit --schedule {SCHEDULE}",
            f"bunkd-db credential rotate --abort --schedule {SCHEDULE}",
        ],
    )
    done = rotate(database, "--generate", "--json")
    assert (done.code, "--generate needs --stage" in done.err) == (2, True)


def test_a_role_whose_transactions_are_serializable(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    del running
    endpoint.require = BOTH
    with database.admin() as admin:
        admin.execute("alter role postgres set default_transaction_isolation = 'serializable'")
    done = rotate(database, "--watch", "0", stdin=NEW)
    assert done.code == 0, done.err
    assert rotate(database, "--abort").code == 0
    assert here("schedule", "pause", DATABASE_URL=database.url).code == 0


def test_a_vault_that_loses_its_key_stops_no_tick(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    assert rotate(database, "--watch", "0", stdin=NEW).code == 0
    endpoint.require = BOTH[:2]
    running.execute("delete from bunkd.secret where place = 'next'")
    if "vault" in places_kept(running):
        with database.admin() as admin:
            admin.execute("delete from vault.secrets where name like '%:next'")
    add_jobs(running, 1)
    wait_until(
        lambda: (
            (
                running.execute("select from bunkd.call where outcome = 'rejected'").fetchone()
                if tick(running)
                else None
            )
            is not None
        ),
        message="a call is rejected",
    )
    assert "settled" in tick(running)


def test_abort(database: Database, running: Connection, endpoint: Endpoint) -> None:
    done = rotate(database, "--abort")
    assert (done.code, "no rotation" in done.out) == (0, True)
    rotate(database, "--stage", stdin=NEW)
    assert "Dropped what was staged." in rotate(database, "--abort").out
    endpoint.require = BOTH
    rotate(database, "--watch", "0", stdin=NEW)
    done = rotate(database, stdin="third")
    assert (done.code, "still watched" in done.err) == (1, True)
    done = rotate(database, "--commit", "--watch", "0")
    assert (done.code, "have the new credential already" in done.out) == (0, True)
    assert "Returned to the former credential" in rotate(database, "--abort").out
    assert (current(running), places(running)) == (OLD, ["current"])


def test_a_killed_run_leaves_a_credential_that_works(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    endpoint.next_with("hang")  # the probe: nothing is switched yet
    first = start(
        "credential", "rotate", "--from-env", DATABASE_URL=database.url, BUNKD_CREDENTIAL=NEW
    )
    wait_until(lambda: endpoint.received, message="the probe is there")
    second = bunkd("credential", "rotate", stdin=NEW, DATABASE_URL=database.url)
    assert (second.code, "another command is rotating" in second.err) == (1, True), second.all
    first.send_signal(signal.SIGKILL)
    finish(first)
    endpoint.release()
    assert current(running) == OLD
    running.execute("update bunkd.rotation set at_work = at_work - interval '2 minutes'")
    add_jobs(running, 1)
    wait_until(lambda: running.execute(COMPLETED, [1]).fetchone() == (True,), message="calls go on")
    done = rotate(database, "--watch", "0", stdin=NEW)
    assert (done.code, "it is replaced" in done.out) == (0, True), done.all
    # the run after the switch is gone: ticks end the rotation
    running.execute("update bunkd.rotation set switched = switched - interval '11 minutes'")
    wait_until(lambda: bool(tick(running)) and places(running) == ["current"], message="it ends")
    assert current(running) == NEW


def test_an_interrupted_run_says_where_that_leaves_it(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    endpoint.next_with("hang")
    given = {"DATABASE_URL": database.url, "BUNKD_CREDENTIAL": NEW}
    run = start("credential", "rotate", "--from-env", **given)
    wait_until(lambda: endpoint.received, message="the probe is there")
    run.send_signal(signal.SIGINT)
    done = finish(run)
    endpoint.release()
    assert done.code == 130
    commit = f"bunkd-db credential rotate --commit --schedule {SCHEDULE}"
    assert f"It stays staged. To switch to it: {commit}" in done.out.splitlines()
    assert current(running) == OLD
    run = start(*commit.split()[1:], **given)  # at once: nobody is at work
    switched = "select exists (select from bunkd.rotation where switched is not null)"
    wait_until(lambda: scalar(running, bool, switched), message="it switches")
    run.send_signal(signal.SIGINT)
    done = finish(run)
    assert done.code == 130
    assert "Ticks go on watching for 10 minutes" in done.out
    assert current(running) == NEW
    rotate(database, "--abort")
    done = redirected("credential rotate --from-env", "| head -1", **given)
    assert rotate(database, "--commit", "--watch", "0").code == 0
    assert current(running) == NEW


def test_another_credential_ends_a_rotation(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    del endpoint
    rotate(database, "--stage", stdin=NEW)
    upgrade(database, BUNKD_CREDENTIAL="from-a-deploy")
    assert (current(running), places(running)) == ("from-a-deploy", ["current"])
    assert scalar(running, int, "select count(*) from bunkd.rotation") == 0


def test_a_deploy_that_follows_a_rotation_does_not_end_its_watch(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    assert rotate(database, "--watch", "0", stdin=NEW).code == 0
    upgrade(database, BUNKD_CREDENTIAL=NEW)
    assert (current(running), places(running)) == (NEW, ["current", "next"])
    endpoint.require = BOTH[:2]
    add_jobs(running, 1)
    wait_until(lambda: tick(running) and current(running) == OLD, 20, "a tick falls back")
    upgrade(database, BUNKD_CREDENTIAL=NEW)
    assert current(running) == OLD, "what the last deploy brought is no change"


@pytest.fixture(params=["table", "vault"])
def still(
    request: pytest.FixtureRequest, database: Database, connection: Connection, endpoint: Endpoint
) -> Connection:
    """A schedule that ticks only where a test does so, and a function that lets both keys in."""
    create_queue(connection)
    if request.param == "vault":
        connection.execute("create extension supabase_vault")
    endpoint.require = BOTH
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=OLD, BUNKD_EVERY="24h")
    return connection


def test_what_was_not_tried_is_not_switched_to(
    database: Database, still: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = from_database.send

    def send(url: str | None, schedule: Schedule, place: Place = "current") -> Heard:
        heard = real(url, schedule, place)
        access.store_credential(still, SCHEDULE, Credential("not-tried"), "operator", "next")
        return heard

    monkeypatch.setattr(from_database, "send", send)
    done = rotate(database, stdin=NEW)
    assert (done.code, "what was staged is gone" in done.err) == (1, True), done.all
    assert current(still) == OLD


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_an_interrupt_beside_the_switch(
    database: Database,
    still: Connection,
    monkeypatch: pytest.MonkeyPatch,
    committed: bool,
    ended: bool,
) -> None:
    real = rotation._run

    def run(url: str | None, schedule: str, query: LiteralString, **more: object) -> object:
        if "switch_credential" not in query:
            return real(url, schedule, query, **more)
        if committed:
            real(url, schedule, query, **more)
        if ended:  # by a deploy with another one, or by ticks
            still.execute("select bunkd.end_rotation(%s)", [schedule])
        raise KeyboardInterrupt

    monkeypatch.setattr(rotation, "_run", run)
    done = rotate(database, stdin=NEW)
    assert done.code == 130
    assert ("Ticks go on watching for 10 minutes" in done.out) == (committed and not ended)
    assert ("It stays staged. To switch to it:" in done.out) == (not committed and not ended)
    assert ("The rotation has ended meanwhile" in done.out) == ended
    assert current(still) == (NEW if committed else OLD)


def test_a_rotation_that_somebody_else_ends_is_no_success(
    database: Database, still: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def aborts(seconds: float) -> None:
        del seconds
        still.execute("select bunkd.abort_rotation(%s)", [SCHEDULE])

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=aborts)
    monkeypatch.setattr(rotation, "time", clock)  # not the probe's
    done = rotate(database, stdin=NEW)
    assert (done.code, "somebody else returned to the former" in done.err) == (1, True), done.all
    assert current(still) == OLD


def test_a_call_that_was_sent_while_it_switched_tells_nothing_of_the_new_one(
    database: Database, still: Connection, endpoint: Endpoint
) -> None:
    assert rotate(database, "--stage", stdin=NEW).code == 0
    endpoint.require = ("Authorization", f"Bearer {NEW}")
    with database.connect() as other:
        with other.transaction():
            other.execute(
                "select bunkd.switch_credential(schedule, set_at) from bunkd.credential where place = 'next'"
            )
            add_jobs(still, 1)  # its call has the former one
            wait_until(lambda: endpoint.received, message="the call was sent")
        assert keys(endpoint) == {OLD}
    verdict = "select bunkd.judge_rotation(%s)"
    assert scalar(still, str, verdict, [SCHEDULE]) == "WATCHING"
    wait_until(lambda: tick(still) and len(endpoint.received) > 1, message="the job is called for")
    assert "rejected" in settle(still)
    assert scalar(still, str, verdict, [SCHEDULE]) == "TAKEN"
    assert current(still) == NEW


def test_a_former_one_that_is_gone_stops_no_tick(
    database: Database, still: Connection, endpoint: Endpoint
) -> None:
    assert rotate(database, "--watch", "0", stdin=NEW).code == 0
    still.execute("delete from bunkd.secret where place = 'next'")
    if scalar(still, bool, "select to_regclass('vault.secrets') is not null"):
        still.execute("delete from vault.secrets where name like 'bunkd:%:next'")
    endpoint.require = BOTH[:2]
    add_jobs(still, 1)
    assert "rejected" in settle(still)
    assert (current(still), places(still)) == (NEW, ["current"])
    assert scalar(still, int, "select count(*) from bunkd.rotation") == 0
    found = still.execute("select code from bunkd.obstacles").fetchall()
    assert ("REJECTED",) in found


def test_a_rejected_one_without_a_way_back_is_no_success(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    """The tick inside of the watch has judged it already."""
    endpoint.require = BOTH
    env = {"DATABASE_URL": database.url, "BUNKD_CREDENTIAL": NEW}
    run = start("credential", "rotate", "--from-env", "--watch", "20s", **env)
    looked = "select exists (select from bunkd.rotation where first_call is not null)"
    wait_until(lambda: scalar(running, bool, looked), 20, "it is watched")
    running.execute("delete from bunkd.secret where place = 'next'")
    if scalar(running, bool, "select to_regclass('vault.secrets') is not null"):
        running.execute("delete from vault.secrets where name like 'bunkd:%:next'")
    endpoint.require = BOTH[:2]
    add_jobs(running, 1)
    done = finish(run)
    assert done.code == 1
    assert "the former one can no longer be read" in done.err
    why = "select why from bunkd.change where what = 'credential' order by id desc limit 1"
    assert "rejected the new credential" in scalar(running, str, why)


@pytest.mark.parametrize(
    ("arguments", "stays"),
    [
        (("--generate", "--stage"), False),
        (("--generate", "--stage", "--json"), False),
        (("--from-env", "--stage"), True),
        (("--from-env",), True),
    ],
)
def test_a_reader_that_has_gone_leaves_nobody_at_work(
    database: Database, running: Connection, arguments: tuple[str, ...], stays: bool
) -> None:
    """And no token staged that nobody has."""
    url = {"DATABASE_URL": database.url, "BUNKD_CREDENTIAL": NEW}
    done = unheard("credential", "rotate", *arguments, **url)
    assert done.code == 141, done.err
    places = "select count(*) from bunkd.credential where place = 'next'"
    assert (scalar(running, int, places) == 1) is stays
    again = here("credential", "rotate", "--from-env", "--stage", **url)
    assert again.code == 0, again.err
    assert current(running) == OLD


@pytest.mark.parametrize(
    ("option", "where", "code"),
    [("", ">/dev/full", 3), (" --json", ">/dev/full", 3), ("", "2>&1 | exec true", 141)],
)
def test_a_token_that_could_not_be_written_is_not_staged(
    database: Database, running: Connection, option: str, where: str, code: int
) -> None:
    command = f"credential rotate --generate --stage{option}"
    done = redirected(command, where, DATABASE_URL=database.url)
    assert (done.code, places(running)) == (code, ["current"]), done.all


@pytest.mark.parametrize("more", [("--generate", "--stage"), ("--from-env",)])
def test_an_interrupted_commit_that_goes_through_all_the_same_leaves_nothing_staged(
    database: Database, running: Connection, more: tuple[str, ...]
) -> None:
    with database.admin() as admin:
        do_at_commit(admin, "bunkd.rotation", STUBBORN)
    url = {"DATABASE_URL": database.url, "BUNKD_CREDENTIAL": NEW}
    process = start("credential", "rotate", *more, **url)
    done = interrupt_at_commit(process, running)
    assert (done.code, places(running)) == (130, ["current"]), done.all
    assert not scalar(running, int, "select count(*) from bunkd.rotation")


def test_one_that_has_switched_ends_where_others_make_the_calls(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    assert rotate(database, "--watch", "0", stdin=NEW).code == 0
    upgrade(database, BUNKD_MODE="external")
    assert running.execute("select from bunkd.rotation").rowcount == 0
    assert scalar(running, int, "select count(*) from bunkd.credential where place = 'next'") == 0
    assert current(running) == NEW


def test_what_another_rotation_staged_is_not_switched_to(
    database: Database, running: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = BOTH
    said: list[str] = []
    staged = rotation.stage(database.url, SCHEDULE, rotation.generate(), said.append, only=False)
    running.execute("update bunkd.rotation set at_work = at_work - interval '5 minutes'")
    assert rotate(database, "--stage", stdin=NEW).code == 0
    with pytest.raises(NotPossible, match="what was staged is gone"):
        rotation.switch(database.url, SCHEDULE, said.append, staged, seconds=0)
    assert current(running) == OLD


def test_one_that_is_aborted_before_the_probe_is_gone(
    database: Database,
    running: Connection,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint.require = BOTH
    send = from_database.send

    def late(url: str | None, schedule: Schedule, place: Place = "current") -> Heard:
        running.execute("select bunkd.abort_rotation(%s)", [SCHEDULE])
        return send(url, schedule, place)

    monkeypatch.setattr(from_database, "send", late)
    done = rotate(database, stdin=NEW)
    assert done.code == 1
    assert "what was staged is gone" in done.err
    assert current(running) == OLD


@pytest.mark.parametrize("on_timeout", ["release", "detach"])
def test_a_function_that_works_on_after_the_timeout(
    database: Database, connection: Connection, endpoint: Endpoint, on_timeout: str
) -> None:
    """Where that is usual, no answer in time is no rejection."""
    create_queue(connection)
    env = {"BUNKD_CALL_TIMEOUT": "1s", "BUNKD_ON_TIMEOUT": on_timeout, "BUNKD_EVERY": "24h"}
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=OLD, **env)
    endpoint.fail_with = "hang"
    done = rotate(database, "--watch", "0", stdin=NEW)
    if on_timeout == "detach":
        assert (done.code, current(connection)) == (0, NEW), done.all
    else:
        assert (done.code, current(connection)) == (1, OLD), done.all
        assert "no answer (timeout)" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--stage", "--commit"), "exclude each other"),
        (("--abort", "--generate"), "exclude each other"),
        (("--from-env", "--generate"), "exclude each other"),
        (("--from-env",), "neither BUNKD_CREDENTIAL nor"),
        (("--generate",), "without a terminal, --generate needs --stage"),
        (("--schedule", "nope"), "there is no schedule nope"),
        (("--watch", "11m"), "'11m' is not a time from 0s to 600s"),
    ],
)
def test_bad_input(database: Database, arguments: tuple[str, ...], says: str) -> None:
    install(database)
    done = rotate(database, *arguments, stdin=NEW)
    assert (done.code, says in done.err) == (2, True), done.err


def test_where_workers_hold_their_own(database: Database) -> None:
    upgrade(database, BUNKD_MODE="external", BUNKD_CALL_URL="http://127.0.0.1:9/x")
    done = rotate(database, stdin=NEW)
    assert (done.code, "kill -HUP" in done.err) == (1, True), done.err


@pytest.mark.parametrize("vault", [False, True])
def test_auto_explain_sees_neither(database: Database, endpoint: Endpoint, vault: bool) -> None:
    with database.admin() as admin:
        for setting in (
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
            "auto_explain.log_verbose = on",
            "auto_explain.log_analyze = on",
        ):
            admin.execute(f"alter database postgres set {setting}".encode())
        if vault and database.server.version >= 160000:
            # of what Vault's own functions insert: check warns
            admin.execute("alter database postgres set auto_explain.log_parameter_max_length = 0")
    with database.connect() as connection:
        create_queue(connection)
        if vault:
            connection.execute("create extension supabase_vault")
        install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=OLD)
        assert rotate(database, "--watch", "0", stdin=NEW).code == 0
        assert rotate(database, "--abort").code == 0
    log = database.log()
    assert "swap_credentials" in log or "Query Text" in log
    assert OLD not in log
    assert NEW not in log


def test_what_vault_stores_would_be_logged(database: Database, connection: Connection) -> None:
    connection.execute("create extension supabase_vault")
    install(database)
    logs = "alter database postgres set {}"
    with database.admin() as admin:
        for setting in (
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
        ):
            admin.execute(logs.format(setting).encode())
        found = named(check(database), "credential_store")
        if database.server.version < 160000:  # parameters are logged from then on
            assert found.status == "pass"
            return
        assert (found.status, found.reason) == ("warn", "LOGGED")
        admin.execute(logs.format("auto_explain.log_parameter_max_length = 0").encode())
        assert named(check(database), "credential_store").status == "pass"
